"use strict";

// times that pass are told here, so that the page is sent anew only when something has happened
const took = (seconds) => {
  const whole = Math.max(Math.round(seconds), 0);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
  if (whole < 172800) return `${Math.floor(whole / 3600)} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, "0")} min`;
  return `${Math.floor(whole / 86400)} days`;
};

const about = (seconds, more) => {
  if (seconds < 2) return more ? "unknown" : "any moment";
  const words = more ? "more than" : "about";
  if (seconds < 90) return `${words} ${Math.ceil(seconds / 5) * 5} s`;
  if (seconds < 5400) return `${words} ${Math.round(seconds / 60)} min`;
  return `${words} ${(seconds / 3600).toFixed(1)} h`;
};

// in the reader's own time zone; of today without the date
const at = (time) => {
  const clock = { hour: "2-digit", minute: "2-digit" };
  const today = time.toDateString() === new Date().toDateString();
  return time.toLocaleString(undefined, today ? clock : { ...clock, day: "numeric", month: "short", year: "numeric" });
};

function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function tick() {
  const now = Date.now() / 1000;
  for (const one of document.querySelectorAll("[data-since]")) say(one, took(now - one.dataset.since));
  for (const one of document.querySelectorAll("[data-ago]")) {
    const seconds = now - one.dataset.ago;
    say(one, seconds < 5 ? "a moment ago" : `${took(seconds < 120 ? Math.floor(seconds / 5) * 5 : Math.floor(seconds / 60) * 60).replace(" 00 s", "")} ago`);
    one.title = new Date(one.dataset.ago * 1000).toLocaleString();
  }
  for (const one of document.querySelectorAll("[data-until]")) say(one, about(one.dataset.until - now, "more" in one.dataset));
  for (const one of document.querySelectorAll("[data-at]")) say(one, at(new Date(one.dataset.at * 1000)));
}

function show(live, text) {
  const selection = getSelection();
  // somebody is copying something
  if (!selection.isCollapsed && live.contains(selection.anchorNode)) return false;
  const open = [...live.querySelectorAll("details[open][id]")].map((one) => one.id);
  const scrolled = [...live.querySelectorAll(".scroll, pre")].map((one) => [one.scrollLeft, one.scrollTop]);
  const focusable = "a[href], button, summary, [tabindex]";
  const focused = [...live.querySelectorAll(focusable)].indexOf(document.activeElement);
  live.replaceChildren(...new DOMParser().parseFromString(text, "text/html").body.childNodes);
  for (const id of open) {
    const one = document.getElementById(id);
    if (one) one.open = true;
  }
  [...live.querySelectorAll(".scroll, pre")].forEach((one, number) => {
    if (scrolled[number]) [one.scrollLeft, one.scrollTop] = scrolled[number];
  });
  if (focused >= 0) live.querySelectorAll(focusable)[focused]?.focus({ preventScroll: true });
  told(live);
  return true;
}

function told(live) {
  const words = live.querySelector("[data-title]");
  if (!words) return;
  document.title = words.dataset.title;
  say(document.getElementById("status"), words.dataset.status);
  tick();
}

const live = document.getElementById("live");
if (live) {
  const connection = document.getElementById("connection");
  const source = new EventSource(live.dataset.events);
  let shown = "";
  let lost = 0;
  source.addEventListener("page", (event) => {
    if (event.data !== shown && show(live, event.data)) shown = event.data;
  });
  source.addEventListener("open", () => {
    clearTimeout(lost);
    lost = 0;
    connection.className = "quiet";
    say(connection, "live");
  });
  source.addEventListener("error", () => {
    // a stream ends after a while, and the next one begins at once
    lost ||= setTimeout(() => {
      connection.className = "lost";
      say(connection, "not connected: what is shown may be old");
    }, 2500);
  });
  told(live);
}

// a study has its own choices
for (const select of document.querySelectorAll("select[data-choices]")) {
  const other = select.form.elements[select.dataset.choices];
  const options = [...other.options];
  const choose = () => other.replaceChildren(...options.filter((one) => one.dataset.of === select.value));
  select.addEventListener("change", choose);
  choose();
}

// law answers these, in seconds or a minute
for (const one of document.querySelectorAll("[data-slow]")) {
  one.addEventListener("click", () => {
    if (!one.form || one.form.checkValidity()) one.classList.add("asked");
  });
  addEventListener("pageshow", () => one.classList.remove("asked"));
}

tick();
setInterval(tick, 1000);
