// After a refused form, start reading at the summary of what is wrong.

document.querySelector(".ebg-summary")?.focus();
