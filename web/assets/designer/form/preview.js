// The form as the applicant sees it: our own pages, made by the server from the unsaved text,
// in a frame as wide as a computer or a phone. What is typed there is kept nowhere.

import { settings } from "../elements.js";

export class Preview {
  constructor(place, text) {
    this.place = place;
    this.text = text;
    this.form = place.querySelector("form");
    this.frame = place.querySelector("iframe");
    this.form.action = settings.urls.preview;
    this.form.addEventListener("submit", async (event) => {
      event.preventDefault();
      this.show();
    });
    for (const choice of place.querySelectorAll("[data-ebg-width]"))
      choice.addEventListener("click", () => {
        for (const one of place.querySelectorAll("[data-ebg-width]")) one.setAttribute("aria-pressed", String(one === choice));
        this.frame.classList.toggle("ebg-phone", choice.dataset.ebgWidth === "phone");
      });
  }

  async show() {
    this.shown = this.form.elements._source.value = await this.text();
    this.frame.hidden = false;
    this.form.submit();
  }

  // After a change: again, if it was asked for once; what is tried in it stays otherwise.
  async renew() {
    if (this.shown !== undefined && this.shown !== (await this.text())) this.show();
  }
}
