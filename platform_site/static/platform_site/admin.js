// Copy buttons of the organiser dashboard. Without a secure address browsers offer no clipboard: then the text is selected.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const icon = button.querySelector(".material-symbols-outlined");
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
  } catch {
    const text = document.createElement("textarea");
    text.value = button.dataset.copy;
    document.body.append(text);
    text.select();
    document.execCommand("copy");
    text.remove();
  }
  icon.textContent = "check";
  setTimeout(() => (icon.textContent = "content_copy"), 1500);
});
