// The chat page, livelier: messages go and come without loading the page. Without this file all still works.
"use strict";

const log = document.getElementById("lines");
const options = document.getElementById("options");
const composer = document.getElementById("composer");
const box = document.getElementById("text");
const alertLine = document.getElementById("alert");
const words = document.getElementById("log").dataset;
const newId = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

let sending = Promise.resolve();
let following = null;

function element(name, facts, ...inside) {
  const made = Object.assign(document.createElement(name), facts);
  made.append(...inside);
  return made;
}

function lastId() {
  return Math.max(0, ...Array.from(log.children, (line) => Number(line.dataset.id)));
}

function drawn(message) {
  const said = message.parts.map((part) => (part.href ? element("a", { href: part.href }, part.text) : part.text));
  const line = element("li", { className: `line ${message.author}` },
    element("p", { className: "who" }, `${message.who} `, element("time", { dateTime: message.moment }, message.at)),
    element("p", { className: "said", dir: "auto" }, ...said));
  line.dataset.id = message.id;
  return line;
}

function offered(message) {
  const hidden = (name, value) => element("input", { type: "hidden", name, value });
  const set = element("fieldset", { className: message.several ? "ticks" : "" },
    element("legend", {}, message.several ? words.chooseAll : words.choose),
    hidden("message_id", newId()), hidden("answering", message.asks || ""));
  for (const [number, label] of message.options) {
    const value = `${number}. ${label}`;
    const figure = element("span", { className: "number" }, String(number));
    set.append(message.several
      ? element("label", { className: "tick" }, element("input", { type: "checkbox", name: "choice", value }), " ", element("span", {}, figure, " ", element("span", {}, label)))
      : element("button", { name: "choice", value }, figure, ` ${label}`));
  }
  if (message.several) set.append(element("button", { className: "button" }, words.sendThese));
  return set;
}

// Put messages where they belong by their ids, once each; the newest one's options replace the last ones.
function show(messages) {
  const held = new Set(Array.from(log.children, (line) => line.dataset.id));
  const fresh = messages.filter((message) => !held.has(String(message.id)));
  if (!fresh.length) return;
  const before = lastId();
  const lines = fresh.map(drawn);
  for (const line of lines) {
    const next = Array.from(log.children).find((other) => Number(other.dataset.id) > Number(line.dataset.id));
    log.insertBefore(line, next || null);
    const said = (one) => one?.querySelector(".who").textContent;
    line.classList.toggle("again", said(line) === said(line.previousElementSibling));
  }
  document.getElementById("invite")?.remove();
  const newest = fresh[fresh.length - 1];
  if (newest.id > before) options.replaceChildren(...(newest.options.length ? [offered(newest)] : []));
  lines[0].scrollIntoView({ block: "start" });
  follow();
}

function say(trouble) {
  alertLine.textContent = trouble;
}

async function post(form) {
  const answer = await fetch("/chat/messages", {
    method: "POST", body: form, headers: { Accept: "application/json" }, credentials: "same-origin",
  });
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(told.detail || words.trouble);
  return told.messages;
}

// One at a time, in the order they were sent. What did not go comes back into the box, with the same id:
// if it had arrived after all, it is heard once.
function send(form, { restore }) {
  say("");
  sending = sending.then(async () => {
    composer.setAttribute("aria-busy", "true");
    try {
      show(await post(form));
    } catch (trouble) {
      restore();
      say(trouble instanceof TypeError ? words.offline : trouble.message);
    } finally {
      composer.removeAttribute("aria-busy");
    }
  });
}

composer.addEventListener("submit", (submitted) => {
  submitted.preventDefault();
  const form = new URLSearchParams(new FormData(composer));
  const typed = box.value;
  if (!typed.trim()) return say(words.empty);
  const id = composer.elements.message_id;
  id.value = newId();
  box.value = "";
  box.focus();
  send(form, { restore: () => { box.value = box.value ? `${typed}\n${box.value}` : typed; id.value = form.get("message_id"); } });
});

box.addEventListener("keydown", (pressed) => {
  if (pressed.key !== "Enter" || pressed.shiftKey || pressed.isComposing) return;
  pressed.preventDefault();
  composer.requestSubmit();
});

options.addEventListener("submit", (submitted) => {
  submitted.preventDefault();
  const form = new URLSearchParams(new FormData(options, submitted.submitter));
  if (!form.has("choice")) return say(words.tick);
  const shown = Array.from(options.children);
  options.replaceChildren();
  if (!matchMedia("(pointer: coarse)").matches) box.focus();
  send(form, { restore: () => options.replaceChildren(...shown) });
});

// New messages as they come. The browser dials again by itself, and says which message it has last; where the
// server was away it gives up, so then we try again, more and more seldom.
let wait = 5000;
function follow() {
  if (following || !window.EventSource || !log.children.length) return;
  following = new EventSource(`/chat/live?after=${lastId()}`);
  following.onmessage = (event) => show([JSON.parse(event.data)]);
  following.onopen = () => { wait = 5000; };
  following.onerror = () => {
    if (following.readyState !== EventSource.CLOSED) return;
    following = null;
    setTimeout(follow, wait);
    wait = Math.min(wait * 2, 300000);
  };
}

follow();
