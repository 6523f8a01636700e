// Where the viewer stopped: saved every 15 s while playing, at each pause and jump, and when the page is left.
//
// Each save says how long ago its position was measured, so the order holds whatever the clock shows. One that could
// not be sent waits in the browser and is sent later. A guest's position stays in the browser.

const EVERY_MS = 15_000;
const FINISHED_SHARE = 0.95;

export function startProgress(video, settings) {
  const { progressUrl, token, csrf, duration } = settings;
  const kept = shelf(`hitotsu.position.${settings.slug}`);
  let measured = false;

  // Nothing is saved before the viewer has played or moved: opening the page is no progress.
  for (const event of ["playing", "seeked"]) video.addEventListener(event, () => { measured = true; });

  function save({ isLast = false } = {}) {
    if (!measured || !Number.isFinite(video.currentTime)) return;
    kept.put({ position: video.currentTime, at: Date.now() });
    if (progressUrl) send(isLast);
  }

  async function send(isLast = false) {
    const waiting = kept.get();
    if (!waiting) return;
    try {
      const answer = await fetch(progressUrl, {
        method: "POST",
        credentials: "same-origin",
        keepalive: isLast,
        headers: { "Content-Type": "application/json", "X-CSRFToken": csrf },
        body: JSON.stringify({ token, position_s: waiting.position, age_s: Math.max(0, (Date.now() - waiting.at) / 1000) }),
      });
      if (answer.status < 500) kept.drop(waiting);
    } catch {
      // Offline: it stays on the shelf until the line is back or the page is opened again.
    }
  }

  setInterval(() => { if (!video.paused) save(); }, EVERY_MS);
  for (const event of ["pause", "seeked", "ended"]) video.addEventListener(event, () => save());
  addEventListener("pagehide", () => save({ isLast: true }));
  document.addEventListener("visibilitychange", () => { if (document.hidden) save({ isLast: true }); });
  if (progressUrl) {
    addEventListener("online", () => send());
    send();
  }
  return { save, resumeAt: progressUrl ? settings.resumeAt : guestStart(kept.get(), duration) };
}

const guestStart = (stored, duration) => (stored && stored.position < duration * FINISHED_SHARE ? stored.position : 0);

// One value in the browser's storage; where that is switched off, it is kept for as long as the page is open.
function shelf(name) {
  let memory = null;
  const read = () => {
    try {
      return localStorage.getItem(name);
    } catch {
      return memory;
    }
  };
  const write = (text) => {
    memory = text;
    try {
      if (text === null) localStorage.removeItem(name);
      else localStorage.setItem(name, text);
    } catch {
      // Private mode or a full store: the memory above has it.
    }
  };
  return {
    get: () => JSON.parse(read() ?? "null"),
    put: (value) => write(JSON.stringify(value)),
    drop: (value) => { if (read() === JSON.stringify(value)) write(null); },
  };
}
