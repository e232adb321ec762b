// What is typed and not saved survives a closed page: kept in this tab alone, until it is saved.

const key = (address) => `ebg-unsaved:${address}`;

export function keep(address, text) {
  try {
    sessionStorage.setItem(key(address), JSON.stringify({ text, at: Date.now() }));
  } catch {
    // full or forbidden: the page itself still has it
  }
}

export const forget = (address) => sessionStorage.removeItem(key(address));

export function kept(address) {
  try {
    return JSON.parse(sessionStorage.getItem(key(address)));
  } catch {
    return null;
  }
}

// Gives the text as a file: for whoever cannot save it here.
export function download(name, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/octet-stream" }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
