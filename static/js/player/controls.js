// The controls over the picture. The browser's own stay where this script does not run.
import { clock, spoken } from "./times.js";

const HIDE_AFTER_MS = 3000;
export const STEP_S = 10;

export function startControls(root, video, settings) {
  const find = (name) => root.querySelector(`[data-player-${name}]`);
  const { texts, duration } = settings;
  const bar = find("bar");
  const seek = find("seek");
  const volume = find("volume");
  const speed = find("speed");

  const actions = {
    toggle: () => (video.paused || video.ended ? video.play().catch(() => {}) : video.pause()),
    jump: (seconds) => actions.go(video.currentTime + seconds),
    go: (seconds) => { video.currentTime = Math.min(Math.max(0, seconds), Math.max(0, duration - 0.1)); },
    louder: (change) => {
      video.muted = false;
      video.volume = Math.min(1, Math.max(0, video.volume + change));
    },
    mute: () => { video.muted = !video.muted; },
    faster: (change) => {
      speed.selectedIndex = Math.min(speed.options.length - 1, Math.max(0, speed.selectedIndex + change));
      video.playbackRate = Number(speed.value);
    },
    fullscreen: () => toggleFullscreen(root, video),
    help: () => find("help").showModal(),
    wake: () => wake(),
  };

  const label = (name, text) => { find(`${name}-label`).textContent = text; };
  const icon = (name, drawing) => find(`${name}-icon`).setAttribute("href", `#icon-${drawing}`);
  const fill = (input, share) => input.style.setProperty("--filled", `${(share * 100).toFixed(2)}%`);

  // The big button waits until the film has once run: one that goes on where the viewer stopped is not at its start.
  let hasRun = false;
  function showPlaying() {
    label("play", video.paused ? texts.play : texts.pause);
    icon("play", video.paused ? "play" : "pause");
    find("big").hidden = !video.paused || hasRun;
    wake();
  }
  function showTime() {
    const now = Math.min(video.currentTime, duration);
    if (!seek.matches(":active")) seek.value = now;
    seek.setAttribute(
      "aria-valuetext",
      texts.position.replace("{position}", spoken(now, texts)).replace("{duration}", spoken(duration, texts)),
    );
    find("now").textContent = clock(now);
    fill(seek, now / duration);
  }
  function showVolume() {
    const level = video.muted ? 0 : video.volume;
    volume.value = level;
    volume.setAttribute("aria-valuetext", texts.volume.replace("{n}", Math.round(level * 100)));
    fill(volume, level);
    label("mute", level ? texts.mute : texts.unmute);
    icon("mute", level ? "sound" : "silent");
  }
  function showFullscreen() {
    const isFull = Boolean(document.fullscreenElement);
    label("fullscreen", isFull ? texts.leaveFullscreen : texts.fullscreen);
    icon("fullscreen", isFull ? "window" : "fullscreen");
  }

  // The controls go away while the film runs and nobody points at it; never while the keyboard is in them.
  let hiding = 0;
  function wake() {
    root.removeAttribute("data-idle");
    clearTimeout(hiding);
    hiding = setTimeout(() => {
      const isInUse = bar.matches(":hover") || bar.querySelector(":focus-visible") || find("help").open;
      if (!video.paused && !isInUse) root.setAttribute("data-idle", "");
    }, HIDE_AFTER_MS);
  }

  video.controls = false;
  bar.hidden = false;
  find("play").addEventListener("click", actions.toggle);
  find("big").addEventListener("click", () => {
    root.focus({ preventScroll: true });
    actions.toggle();
  });
  find("back").addEventListener("click", () => actions.jump(-STEP_S));
  find("forward").addEventListener("click", () => actions.jump(STEP_S));
  find("mute").addEventListener("click", actions.mute);
  find("fullscreen").addEventListener("click", actions.fullscreen);
  find("help-open").addEventListener("click", actions.help);
  seek.addEventListener("input", () => actions.go(Number(seek.value)));
  volume.addEventListener("input", () => {
    video.muted = false;
    video.volume = Number(volume.value);
  });
  speed.addEventListener("change", () => { video.playbackRate = Number(speed.value); });
  video.addEventListener("click", (event) => {
    // On a touch screen the first touch brings the controls back.
    if (event.pointerType !== "touch" || !root.hasAttribute("data-idle")) actions.toggle();
  });
  video.addEventListener("dblclick", actions.fullscreen);
  for (const event of ["pointermove", "pointerdown", "focusin", "keydown"]) root.addEventListener(event, wake);
  video.addEventListener("playing", () => { hasRun = true; });
  for (const event of ["play", "pause", "ended", "seeking"]) video.addEventListener(event, showPlaying);
  for (const event of ["timeupdate", "seeking", "loadedmetadata"]) video.addEventListener(event, showTime);
  video.addEventListener("volumechange", showVolume);
  document.addEventListener("fullscreenchange", showFullscreen);
  offerPictureInPicture(find("pip"), video);
  showPlaying();
  showTime();
  showVolume();
  return actions;
}

function offerPictureInPicture(button, video) {
  if (!document.pictureInPictureEnabled) return;
  button.hidden = false;
  button.addEventListener("click", () => {
    const change = document.pictureInPictureElement ? document.exitPictureInPicture() : video.requestPictureInPicture();
    change.catch(() => {}); // before the first picture is there, the browser says no
  });
}

// A telephone that shows only its own full screen gets that.
function toggleFullscreen(root, video) {
  if (document.fullscreenElement) document.exitFullscreen();
  else if (root.requestFullscreen) root.requestFullscreen().catch(() => {});
  else video.webkitEnterFullscreen?.();
}
