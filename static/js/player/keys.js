// The keyboard, only while the focus is in the player, and only as long as the viewer wants it.
import { STEP_S } from "./controls.js";

const SWITCH = "hitotsu.player.keys";

export function startKeys(root, video, actions) {
  const help = root.querySelector("[data-player-help]");
  const keys = root.querySelector("[data-player-keys]");
  keys.checked = remembered() !== "off";
  keys.addEventListener("change", () => remember(keys.checked ? "on" : "off"));

  root.addEventListener("keydown", (event) => {
    if (!keys.checked || help.open || event.ctrlKey || event.metaKey || event.altKey || isTaken(event)) return;
    const act = actionOf(event.key, video, actions);
    if (!act) return;
    event.preventDefault();
    act();
  });
}

// A control that has a use of its own for a key keeps it.
function isTaken({ target, key }) {
  if (target.matches("select")) return true;
  if (target.matches("[data-player-volume]")) return key.startsWith("Arrow");
  return target.matches("button, a") && (key === " " || key === "Enter");
}

function actionOf(key, video, actions) {
  if (/^[0-9]$/.test(key)) return () => actions.go((video.duration || 0) * Number(key) / 10);
  const table = {
    " ": actions.toggle,
    k: actions.toggle,
    j: () => actions.jump(-STEP_S),
    ArrowLeft: () => actions.jump(-STEP_S),
    l: () => actions.jump(STEP_S),
    ArrowRight: () => actions.jump(STEP_S),
    ArrowUp: () => actions.louder(0.05),
    ArrowDown: () => actions.louder(-0.05),
    m: actions.mute,
    f: actions.fullscreen,
    "<": () => actions.faster(-1),
    ">": () => actions.faster(1),
    "?": actions.help,
  };
  return table[key.length === 1 ? key.toLowerCase() : key];
}

function remembered() {
  try {
    return localStorage.getItem(SWITCH);
  } catch {
    return null;
  }
}

function remember(value) {
  try {
    localStorage.setItem(SWITCH, value);
  } catch {
    // Storage is switched off: the choice holds for this page.
  }
}
