// Files too heavy for one page are told before they travel: nothing typed is lost.

const limit = document.querySelector('meta[name="largest-sending"]');

const sizeOf = (input) => [...input.files].reduce((sum, file) => sum + file.size, 0);

function tell(input) {
  const told = document.createElement("p");
  told.className = "invalid-feedback d-block ebg-too-heavy";
  told.id = `${input.id || input.name}-weight`;
  told.setAttribute("role", "alert");
  told.textContent = limit.dataset.said;
  input.after(told);
  input.classList.add("is-invalid");
  input.setAttribute("aria-invalid", "true");
  const others = input.getAttribute("aria-describedby") ?? "";
  input.setAttribute("aria-describedby", `${others} ${told.id}`.trim());
  input.focus();
}

function forget(form) {
  for (const told of form.querySelectorAll(".ebg-too-heavy")) {
    const input = told.previousElementSibling;
    input.classList.remove("is-invalid");
    input.removeAttribute("aria-invalid");
    told.remove();
  }
}

document.addEventListener(
  "submit",
  (event) => {
    const inputs = [...event.target.querySelectorAll('input[type="file"]')];
    forget(event.target);
    const total = inputs.reduce((sum, input) => sum + sizeOf(input), 0);
    if (!limit || total <= Number(limit.content)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    tell(inputs.sort((one, other) => sizeOf(other) - sizeOf(one))[0]);
  },
  true,
);
