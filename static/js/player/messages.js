// What the player says: a quiet notice while it waits or reconnects, a message with the next step when it cannot go on.

const SHOWN_AFTER_MS = 500;

export function startMessages(root, settings, { retry }) {
  const video = root.querySelector("[data-player-video]");
  const notice = root.querySelector("[data-player-notice]");
  const message = root.querySelector("[data-player-message]");
  const bar = root.querySelector("[data-player-bar]");
  let waiting = 0;

  const say = (text) => {
    notice.textContent = text;
    notice.hidden = !text;
    root.toggleAttribute("data-waiting", Boolean(text));
  };
  // A short wait needs no words.
  const wait = () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => say(settings.texts.loading), SHOWN_AFTER_MS);
  };
  const working = () => {
    clearTimeout(waiting);
    if (!notice.hidden && !video.paused && video.readyState < HTMLMediaElement.HAVE_FUTURE_DATA) return;
    say("");
  };
  video.addEventListener("waiting", wait);
  for (const event of ["playing", "canplay", "pause"]) video.addEventListener(event, working);

  function show(reason) {
    clearTimeout(waiting);
    say("");
    const words = settings.refusals[reason] ?? settings.refusals.server;
    const next = step(words);
    message.replaceChildren(
      element("h2", words.headline),
      element("p", words.text),
      next,
      element("p", settings.texts.code.replace("{code}", words.code), "theatre-code"),
    );
    message.hidden = false;
    if (root.contains(document.activeElement)) next.focus();
    bar.inert = true; // what cannot be seen is not for the keyboard either
  }

  function step(words) {
    if (words.step === "retry") {
      const button = element("button", words.label, "button button-primary");
      button.type = "button";
      button.addEventListener("click", () => {
        message.hidden = true;
        bar.inert = false;
        root.focus({ preventScroll: true });
        retry({ andPlay: true });
      });
      return button;
    }
    const link = element("a", words.label, "button button-primary");
    // The page itself knows best what is next: it is shown anew, with the reason and what to do.
    link.href = words.step === "title_page" && reasonIsOurs(words) ? settings.titleUrl : location.pathname;
    return link;
  }

  return { show, working, reconnecting: () => say(settings.texts.reconnecting) };
}

const reasonIsOurs = (words) => words.code.startsWith("V-2");

function element(name, text, className = "") {
  const made = document.createElement(name);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}
