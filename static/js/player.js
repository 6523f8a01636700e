// The player: joins the film's source, the controls, the keyboard, the messages and the place where one stopped.
import { startControls } from "./player/controls.js";
import { startKeys } from "./player/keys.js";
import { startMessages } from "./player/messages.js";
import { startProgress } from "./player/progress.js";
import { openSource } from "./player/source.js";

const player = document.querySelector("[data-player]");
if (player) start(player, JSON.parse(document.getElementById("player-settings").textContent));

function start(root, settings) {
  const video = root.querySelector("[data-player-video]");
  const url = video.getAttribute("src");
  const progress = startProgress(video, settings);
  const messages = startMessages(root, settings, { retry: open });
  startKeys(root, video, startControls(root, video, settings));

  let source = null;
  // Where to go on. Kept here too, since a source that failed has no position any more.
  let position = progress.resumeAt;
  video.addEventListener("timeupdate", () => { if (source && video.readyState) position = video.currentTime; });

  function open({ andPlay = false } = {}) {
    source?.close();
    source = openSource(video, url, {
      startAt: position,
      onReconnecting: messages.reconnecting,
      onWorking: messages.working,
      onProblem: (reason) => {
        progress.save();
        video.pause();
        source?.close();
        source = null;
        messages.show(reason);
      },
    });
    if (andPlay) play();
  }

  // A browser may refuse to start by itself; the play button is there then.
  const play = () => video.play().catch(() => {});

  document.querySelector("[data-player-resume]")?.removeAttribute("hidden");
  for (const button of document.querySelectorAll("[data-player-again]")) {
    button.addEventListener("click", () => {
      video.currentTime = 0;
      root.focus({ preventScroll: true });
      play();
    });
  }
  followEnd(root, video);
  open({ andPlay: isToPlayAtOnce() });
}

// Whether the viewer comes from the button that begins a rental. Loading the page again later does not count as that.
function isToPlayAtOnce() {
  const { hash, pathname, search } = window.location;
  if (hash !== "#play") return false;
  window.history.replaceState(window.history.state, "", pathname + search);
  return true;
}

function followEnd(root, video) {
  const after = root.querySelector("[data-player-after]");
  video.addEventListener("ended", () => { after.hidden = false; });
  for (const event of ["play", "seeking"]) video.addEventListener(event, () => { after.hidden = true; });
}
