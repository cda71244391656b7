// What a page does besides HTMX: tokens on its requests, words for screen readers, questions before
// what cannot be undone. Everything works without it, by plain forms.
"use strict";

document.addEventListener("htmx:configRequest", (event) => {
  const field = document.querySelector('input[name="csrf"]');
  if (field) event.detail.headers["X-CSRF-Token"] = field.value;
});

// A refusal is a page too: it is shown, not thrown away.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.xhr.status >= 400 && event.detail.requestConfig.verb !== "get") {
    event.detail.shouldSwap = true;
    event.detail.isError = false;
    event.detail.target = document.getElementById("main");
    event.detail.selectOverride = "#main > *";
    event.detail.swapOverride = "innerHTML";
  }
});

// An element with data-said says its sentence when a push has changed it. A halt has a voice of its
// own: it is said at once, and what else the same push has changed does not speak over it.
document.addEventListener("htmx:afterSwap", (event) => {
  const part = event.target;
  const told = part.querySelector("[data-said]") || part.closest("[data-said]");
  const halts = part.id === "halted";
  const voice = document.getElementById(halts ? "warned" : "said");
  if (!voice || (!told && !halts)) return;
  const words = told ? told.dataset.said : "";
  if (voice.textContent !== words) voice.textContent = words;
});

// A browser opens six connections to a server and a stream keeps one, so that a seventh window would
// wait for ever: a window that nobody sees lets go of its stream, and looks again when it is seen.
let stream;
if (window.htmx) {
  htmx.createEventSource = (address) => {
    stream = new EventSource(address);
    if (document.hidden) stream.close();
    return stream;
  };
}
document.addEventListener("visibilitychange", () => {
  if (!stream) return;
  if (document.hidden) stream.close();
  else if (stream.readyState === EventSource.CLOSED) stream.onerror();
});

document.addEventListener("submit", (event) => {
  const asked = event.submitter && event.submitter.dataset.ask;
  if (asked && !window.confirm(asked)) event.preventDefault();
});
