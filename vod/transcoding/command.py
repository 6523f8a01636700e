"""The ffmpeg command line that makes every rendition and the stills from one decode. Pure text."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vod.transcoding import formats
from vod.transcoding.ladder import Rung
from vod.transcoding.probe import Probe

# Room before zero for B-frames and audio priming. Subtitles map to the measured first timestamp, not to this.
TS_OFFSET_S = 1
POSTER_CANDIDATES = 6
_STILLS_PER_CANDIDATE = 4
_POSTER_BOX = 1280
_AUDIO_HZ = 48000
_AUDIO_KBPS = 128
_TONE_MAP = "zscale=t=linear:npl=100,format=gbrpf32le,zscale=p=bt709,tonemap=hable:desat=0,zscale=t=bt709:m=bt709:r=tv"


@dataclass(frozen=True, kw_only=True)
class Source:
    """What is decoded: ffmpeg's input arguments and the labels of its picture and sound."""

    arguments: tuple[str, ...]
    video: str
    audio: str | None


def source_of(master: Path, probe: Probe) -> Source:
    """Read the master as a local file of a known container, and nothing that it may refer to."""
    guard = ("-protocol_whitelist", "file", "-format_whitelist", formats.whitelist(formats.VIDEO_CONTAINERS))
    return Source(
        arguments=(*guard, "-i", f"file:{master.absolute()}"),
        video=f"0:{probe.video_index}",
        audio=f"0:{probe.audio_index}" if probe.has_audio else None,
    )


def command(*, binary: str, source: Source, probe: Probe, rungs: Sequence[Rung], preset: str) -> list[str]:
    """Return the arguments; run in a folder that has `posters/` and one folder per rung's name."""
    return [
        binary,
        *("-nostdin", "-hide_banner", "-y", "-loglevel", "level+warning"),
        *("-progress", "pipe:1", "-stats_period", "0.5"),
        *source.arguments,
        *("-filter_complex", graph(source, probe, rungs)),
        *_renditions(source, probe, rungs, preset),
        *("-map", "[poster]", "-fps_mode", "passthrough", "-q:v", "3", "-f", "image2", "posters/%02d.jpg"),
    ]


def graph(source: Source, probe: Probe, rungs: Sequence[Rung]) -> str:
    """Return the filter graph: one decode, each rung scaled from the next larger one, stills from the largest."""
    chains = [f"[{source.video}]{_prepared(probe, rungs[0])},split=2[top][still]", _stills(probe)]
    feed = "top"
    for number, rung in enumerate(rungs):
        scaled = f"[{feed}]scale={rung.width}:{rung.height}:flags=bicubic,setsar=1"
        feed = f"down{number}"
        is_last = number == len(rungs) - 1
        chains.append(f"{scaled}[v{number}]" if is_last else f"{scaled},split=2[v{number}][{feed}]")
    if source.audio:
        # Gaps are filled and the sound padded, so that it lasts exactly as long as the picture.
        chains.append(
            f"[{source.audio}]aresample={_AUDIO_HZ}:async=1:first_pts=0,"
            f"aformat=channel_layouts=stereo,apad=whole_dur={probe.duration_s:.6f}[a]"
        )
    return ";".join(chains)


def _prepared(probe: Probe, top: Rung) -> str:
    steps = []
    if probe.is_interlaced:
        steps.append("bwdif=mode=send_field")
    if probe.is_hdr:
        steps.append(_TONE_MAP)
    steps += [f"fps={top.frame_rate}:start_time=0", "format=yuv420p"]
    return ",".join(steps)


def _stills(probe: Probe) -> str:
    """Choose stills: the film is sampled evenly, and of each few samples the most typical is kept."""
    samples = POSTER_CANDIDATES * _STILLS_PER_CANDIDATE
    box = f"scale='min({_POSTER_BOX},iw*sar)':'min({_POSTER_BOX},ih)':force_original_aspect_ratio=decrease"
    return (
        f"[still]fps={samples}/{probe.duration_s:.6f}:start_time=0,"
        f"{box}:out_range=full,setsar=1,format=yuvj420p,thumbnail={_STILLS_PER_CANDIDATE}[poster]"
    )


def _renditions(source: Source, probe: Probe, rungs: Sequence[Rung], preset: str) -> list[str]:
    """Encode each picture once and the sound once; the tee muxer puts the same sound into every rendition."""
    arguments = [part for number in range(len(rungs)) for part in ("-map", f"[v{number}]")]
    if source.audio:
        arguments += ["-map", "[a]", "-c:a", "aac", "-b:a", f"{_AUDIO_KBPS}k"]
    for number, rung in enumerate(rungs):
        arguments += [f"-maxrate:v:{number}", f"{rung.max_kbps}k", f"-bufsize:v:{number}", f"{2 * rung.max_kbps}k"]
    gop = str(rungs[0].gop)
    return [
        *arguments,
        *("-t", f"{probe.duration_s:.6f}"),
        *("-c:v", "libx264", "-preset", preset, "-profile:v", "high", "-crf", "21", "-bf", "2"),
        *("-g", gop, "-keyint_min", gop, "-sc_threshold", "0", "-flags", "+cgop"),
        *("-map_metadata", "-1", "-map_chapters", "-1"),
        *("-output_ts_offset", str(TS_OFFSET_S), "-muxdelay", "0", "-muxpreload", "0"),
        *("-f", "tee", "|".join(_slave(number, rung, source) for number, rung in enumerate(rungs))),
    ]


def _slave(number: int, rung: Rung, source: Source) -> str:
    streams = f"v:{number},a:0" if source.audio else f"v:{number}"
    options = (
        rf"select=\'{streams}\'",
        "onfail=abort",
        "f=hls",
        "hls_playlist_type=vod",
        f"hls_time={float(rung.segment_s):.6f}",
        "hls_flags=independent_segments+temp_file",
        f"hls_segment_filename={rung.name}/%05d.ts",
    )
    return f"[{':'.join(options)}]{rung.name}/index.m3u8"
