// Where the film comes from: hls.js where the browser has Media Source Extensions, its own HLS where it has not.

// A cut of the line is bridged for about a minute, 1 to 30 s apart; a refusal by the server is final at once.
const retries = {
  maxNumRetry: 6,
  retryDelayMs: 1000,
  maxRetryDelayMs: 30000,
  backoff: "exponential",
  shouldRetry: (config, count, isTimeout, response) =>
    count < config.maxNumRetry && (isTimeout || response?.code === 0 || response?.code >= 500),
};
const policy = {
  default: { maxTimeToFirstByteMs: 10000, maxLoadTimeMs: 30000, timeoutRetry: retries, errorRetry: retries },
};
const MEDIA_RECOVERIES = 2;

// Attaches the film at `url` to `video`, from `startAt` seconds on. Calls onProblem(reason) once, when nothing helps.
export function openSource(video, url, { startAt, onReconnecting, onWorking, onProblem }) {
  const options = { startAt, onReconnecting, onWorking, onProblem: once(onProblem) };
  if (window.Hls?.isSupported()) return openWithHls(video, url, options);
  if (video.canPlayType("application/vnd.apple.mpegurl")) return openNatively(video, url, options);
  options.onProblem("unsupported");
  return { close() {} };
}

function openWithHls(video, url, { startAt, onReconnecting, onWorking, onProblem }) {
  const { Hls } = window;
  const hls = new Hls({
    startPosition: startAt || -1,
    capLevelToPlayerSize: true,
    testBandwidth: false,
    abrEwmaDefaultEstimate: 3_000_000,
    backBufferLength: 90,
    manifestLoadPolicy: policy,
    playlistLoadPolicy: policy,
    keyLoadPolicy: policy,
    fragLoadPolicy: policy,
  });
  let recoveries = 0;

  hls.on(Hls.Events.FRAG_LOADED, onWorking);
  hls.on(Hls.Events.ERROR, async (_event, data) => {
    if (data.response?.code >= 400 && data.response.code < 500) {
      hls.stopLoad();
      onProblem(await reasonOf(data.response.url || data.url || url));
    } else if (!data.fatal) {
      if (data.type === Hls.ErrorTypes.NETWORK_ERROR) onReconnecting();
    } else if (data.type === Hls.ErrorTypes.MEDIA_ERROR && isPlayable(Hls, data) && recoveries < MEDIA_RECOVERIES) {
      recoveries += 1;
      hls.recoverMediaError();
    } else {
      onProblem(data.type === Hls.ErrorTypes.NETWORK_ERROR ? await reasonOf(url) : kindOf(Hls, data));
    }
  });
  video.removeAttribute("src");
  hls.loadSource(url);
  hls.attachMedia(video);
  return { close: () => hls.destroy() };
}

function isPlayable(Hls, data) {
  const { MANIFEST_INCOMPATIBLE_CODECS_ERROR, BUFFER_INCOMPATIBLE_CODECS_ERROR, BUFFER_ADD_CODEC_ERROR } = Hls.ErrorDetails;
  return ![MANIFEST_INCOMPATIBLE_CODECS_ERROR, BUFFER_INCOMPATIBLE_CODECS_ERROR, BUFFER_ADD_CODEC_ERROR].includes(data.details);
}

const kindOf = (Hls, data) => (data.type === Hls.ErrorTypes.MEDIA_ERROR && !isPlayable(Hls, data) ? "unsupported" : "server");

function openNatively(video, url, { startAt, onWorking, onProblem }) {
  const onError = async () => {
    const reason = await reasonOf(url);
    onProblem(reason === "server" && video.error?.code === MediaError.MEDIA_ERR_SRC_NOT_SUPPORTED ? "unsupported" : reason);
  };
  const onStart = () => { if (startAt) video.currentTime = startAt; };
  video.addEventListener("error", onError);
  video.addEventListener("playing", onWorking);
  video.addEventListener("loadedmetadata", onStart, { once: true });
  if (video.getAttribute("src") !== url) video.src = url;
  return {
    close() {
      video.removeEventListener("error", onError);
      video.removeEventListener("playing", onWorking);
      video.removeEventListener("loadedmetadata", onStart);
      video.removeAttribute("src");
      video.load();
    },
  };
}

// Asks the server why: its refusal names the reason; no answer at all is the network.
async function reasonOf(url) {
  try {
    const answer = await fetch(url, { credentials: "same-origin", cache: "no-store" });
    return answer.status === 403 ? (await answer.json()).reason : "server";
  } catch {
    return "network";
  }
}

function once(call) {
  let called = false;
  return (...values) => {
    if (called) return;
    called = true;
    call(...values);
  };
}
