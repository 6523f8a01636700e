// Positions in a film, to be read and to be heard.

export function clock(seconds) {
  const whole = Math.floor(seconds);
  const pair = (number) => String(number).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  return hours ? `${hours}:${pair(minutes)}:${pair(whole % 60)}` : `${minutes}:${pair(whole % 60)}`;
}

export function spoken(seconds, texts) {
  const whole = Math.floor(seconds);
  const parts = [
    [Math.floor(whole / 3600), texts.hours],
    [Math.floor((whole % 3600) / 60), texts.minutes],
  ].filter(([number]) => number > 0);
  return [...parts, [whole % 60, texts.seconds]].map(([number, text]) => text.replace("{n}", number)).join(" ");
}
