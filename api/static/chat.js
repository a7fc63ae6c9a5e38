// The chat page, livelier: messages go and come without loading the page. Without this file all still works.
"use strict";

const byId = (id) => document.getElementById(id);
const log = byId("lines");
const options = byId("options");
const composer = byId("composer");
const box = byId("text");
const alertLine = byId("alert");
const newer = byId("newer");
const words = byId("log").dataset;
const newId = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
const copied = (template) => byId(template).content.firstElementChild.cloneNode(true);

let sending = Promise.resolve();
let onTheWay = 0;
let unsure = null; // what may have gone although no answer came: { said, since, gone }

function lastId() {
  return Math.max(0, ...Array.from(log.children, (line) => Number(line.dataset.id)));
}

function part({ text, href }) {
  return href ? Object.assign(document.createElement("a"), { href, textContent: text }) : text;
}

function drawn(message) {
  const line = copied("said");
  const [who, time] = line.firstElementChild.children;
  line.classList.add(message.author);
  line.dataset.id = message.id;
  who.textContent = message.who;
  Object.assign(time, { dateTime: message.moment, textContent: message.at });
  line.querySelector(".said").append(...message.parts.map(part));
  return line;
}

function choice(several, [number, label]) {
  const made = copied(several ? "tick" : "one");
  made.querySelector(".number").textContent = number;
  made.querySelector(".label").textContent = label;
  const field = several ? made.querySelector("input") : made;
  field.value = `${number}. ${label}`;
  if (several) made.querySelector("label").htmlFor = field.id = `choice-${number}`;
  return made;
}

function offered(message) {
  const set = copied(message.several ? "ticking" : "choosing");
  set.querySelector("[name=message_id]").value = newId();
  set.querySelector("[name=answering]").value = options.dataset.asks = message.asks || "";
  set.querySelector("div").append(...message.options.map((option) => choice(message.several, option)));
  return set;
}

function inView(place) {
  return place.getBoundingClientRect().top < innerHeight;
}

// Put messages where they belong by their ids, once each; the newest one's options replace the last ones.
// Someone who reads further up is not moved: a button tells them there is more.
function show(messages) {
  const held = new Set(Array.from(log.children, (line) => line.dataset.id));
  const fresh = messages.filter((message) => !held.has(String(message.id)));
  if (!fresh.length) return;
  const before = lastId();
  const following = onTheWay > 0 || inView(options);
  const lines = fresh.map(drawn);
  for (const line of lines) {
    const next = Array.from(log.children).find((other) => Number(other.dataset.id) > Number(line.dataset.id));
    log.insertBefore(line, next || null);
    const said = (one) => one?.querySelector(".who").textContent;
    line.classList.toggle("again", said(line) === said(line.previousElementSibling));
  }
  byId("invite")?.remove();
  const newest = fresh[fresh.length - 1];
  if (newest.id > before) options.replaceChildren(...(newest.options.length ? [offered(newest)] : []));
  settle();
  if (following) lines[0].scrollIntoView({ block: "start" });
  else newer.hidden = false;
  follow();
}

newer.addEventListener("click", () => {
  newer.hidden = true;
  log.lastElementChild.scrollIntoView({ block: "start" });
  box.focus({ preventScroll: true });
});
addEventListener("scroll", () => { if (inView(options)) newer.hidden = true; }, { passive: true });

function say(trouble) {
  alertLine.textContent = trouble;
}

async function post(form) {
  const answer = await fetch("/chat/messages", {
    method: "POST", body: new URLSearchParams(form), headers: { Accept: "application/json" }, credentials: "same-origin",
  });
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(told.detail || words.trouble);
  return told;
}

// What seemed lost but stands in the talk did go: it is not asked for again.
function settle() {
  if (!unsure) return;
  const plain = (text) => text.trim().replace(/\s+/g, " ");
  const heard = Array.from(log.querySelectorAll(".person")).some((line) => Number(line.dataset.id) > unsure.since
    && plain(line.querySelector(".said").textContent) === plain(unsure.said));
  if (!heard) return;
  unsure.gone();
  unsure = null;
  say("");
}

// One at a time, in the order they were sent. What did not go comes back into the box, with the same id:
// if it had arrived after all, it is heard once.
function send(form, { said, restore, gone }) {
  say("");
  onTheWay += 1;
  sending = sending.then(async () => {
    composer.setAttribute("aria-busy", "true");
    const since = lastId();
    try {
      const told = await post(form);
      show(told.messages);
      if (told.moved) location.reload(); // it is another talk from here on
    } catch (trouble) {
      restore();
      say(trouble instanceof TypeError ? words.offline : trouble.message);
      unsure = { said, since, gone };
      settle();
    } finally {
      onTheWay -= 1;
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
  send(form, {
    said: typed,
    restore: () => { box.value = box.value ? `${typed}\n${box.value}` : typed; id.value = form.get("message_id"); },
    gone: () => { if (box.value === typed) box.value = ""; id.value = newId(); },
  });
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
  const said = form.getAll("choice").map((value) => value.replace(/^\d+\. /, "")).join(", ");
  options.replaceChildren();
  if (!matchMedia("(pointer: coarse)").matches) box.focus();
  let later = [];
  send(form, {
    said,
    restore: () => { later = Array.from(options.children); options.replaceChildren(...shown); },
    gone: () => { if (options.firstElementChild === shown[0]) options.replaceChildren(...later); },
  });
});

// New messages as they come. The browser dials again by itself, and says which message it has last. Where it
// cannot get a line, the page asks four times a minute, and tries for a line again, more and more seldom.
const POLL = 15000;
let stream = null;
let wait = 30000;

function follow() {
  if (stream || !window.EventSource || !log.children.length) return;
  stream = new EventSource(`/chat/live?after=${lastId()}`);
  stream.onmessage = (event) => show([JSON.parse(event.data)]);
  stream.onopen = () => { wait = 30000; byId("look").hidden = true; };
  stream.onerror = () => {
    if (stream.readyState !== EventSource.CLOSED) return;
    stream = null;
    byId("look").hidden = false;
    setTimeout(follow, wait);
    wait = Math.min(wait * 2, 300000);
  };
}

async function ask() {
  if (stream?.readyState === 1 || document.hidden || !log.children.length) return;
  const answer = await fetch(`/chat/since?after=${lastId()}`).catch(() => null);
  if (answer?.ok) show((await answer.json()).messages);
}

setInterval(ask, POLL);
follow();
