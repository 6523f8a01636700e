// Japanese text made comparable, by the same rules as config/lib/text.py: width, case, katakana as hiragana, one space.
export const fold = (text) =>
  text
    .normalize("NFKC")
    .toLowerCase()
    .replaceAll("ß", "ss")
    .replace(/[\u30a1-\u30f6]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) - 0x60))
    .trim()
    .split(/\s+/)
    .join(" ");
