// After a failed submit the summary takes the focus, so that it is read first and the keyboard starts there.
document.querySelector("[data-error-summary]")?.focus();
