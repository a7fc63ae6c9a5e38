// The console, livelier: the queue comes by itself, keys take short ways. Without this file all still works.
"use strict";

const byId = (id) => document.getElementById(id);
const body = document.body;
const heard = byId("heard");
const fits = (element) => element instanceof HTMLElement;

// A page that came back as an error is read from its error on.
byId("trouble")?.focus();

// --- The queue comes by itself -----------------------------------------------------------------------------------

const PAUSE = 25 * 60 * 1000; // before a session falls asleep: a page nobody looks at must not keep it awake
const POLL = 15000;
const APART = 900; // milliseconds between two looks at the queue
const SOON = 500; // milliseconds within which the list itself is news enough
const newer = byId("newer");
let touched = Date.now();
let stream = null;
let followed = false;
let looked = 0;
let looking = null; // the timer of the next look, or NOW while one is under way
const NOW = "now";
let again = false;
let waiting = null; // a fresher list that is not shown yet, since someone is inside the one on the page

for (const kind of ["pointerdown", "pointermove", "keydown", "scroll"]) {
  addEventListener(kind, () => {
    touched = Date.now();
    if (!stream) follow();
  }, { passive: true, capture: true });
}

const here = () => !document.hidden && Date.now() - touched < PAUSE;
const LIST = byId("queue") ? "queue" : "talk"; // what comes by itself: the queue, or what happened with one person
const rowsOf = (list) => Array.from(list.querySelectorAll("[data-row], [data-entry]"), (row) => row.dataset.row || row.id);

// A document is fetched whole, as the browser itself reads one: no text is ever made into a page by this script.
function fetched(address) {
  return new Promise((done) => {
    const asking = new XMLHttpRequest();
    asking.open("GET", address);
    asking.responseType = "document";
    asking.onload = () => done(asking.status === 200 && asking.responseURL.split("?")[0] === location.href.split("?")[0].split("#")[0] ? asking.response : null);
    asking.onerror = () => done(null);
    asking.send();
  });
}

function inside(list) {
  const typing = LIST === "talk" && document.activeElement?.matches("input, textarea, select"); // the page must not jump
  return typing || list.matches(":hover") || list.contains(document.activeElement);
}

function put(fresh) {
  const list = byId(LIST);
  const focused = list.contains(document.activeElement) ? document.activeElement.id : "";
  const open = byId("filters")?.open;
  list.replaceWith(fresh);
  document.title = fresh.dataset.title;
  if (open && byId("filters")) byId("filters").open = true;
  if (focused) (byId(focused) || byId("main")).focus({ preventScroll: true });
  newer.hidden = true;
  waiting = null;
}

// What is under the pointer, or has the focus, is not moved: a button says that there is more.
function take(page) {
  const fresh = page?.getElementById(LIST);
  const list = byId(LIST);
  if (!fresh || !list) return;
  const before = rowsOf(list);
  const after = rowsOf(fresh);
  const came = after.filter((row) => !before.includes(row)).length;
  const shape = (one) => LIST === "talk" ? one.textContent.replace(/\s+/g, " ")
    : one.querySelector(".queue").textContent.replace(/\s+/g, " ") + one.querySelector(".tabs").textContent;
  if (shape(list) === shape(fresh)) {
    if (!waiting) newer.hidden = true;
    return;
  }
  const adopted = document.adoptNode(fresh);
  adopted.dataset.title = page.title;
  if (inside(list) && before.length) {
    waiting = adopted;
    newer.firstElementChild.textContent = came ? `${came} new: show` : "Something changed: show";
    newer.hidden = false;
  } else put(adopted);
  if (came) heard.textContent = `${came} new in the ${LIST === "talk" ? "timeline" : "queue"}`;
}

// Who has just come is told at once, on the first page of all who wait; the list with them follows in its turn.
function tell(came) {
  const asked = new URLSearchParams(location.search);
  const chosen = [...asked].some(([name, value]) => value && name !== "done" && !(name === "tab" && value === "waiting"));
  const list = byId(LIST);
  const fresh = came.filter((one) => !byId(`row-${one.id}`));
  if (chosen || !list || !fresh.length) return;
  const words = fresh.length === 1 ? `New, ${fresh[0].urgency.toLowerCase()}: ${fresh[0].reference || "no referral yet"}` : `${fresh.length} new`;
  newer.firstElementChild.textContent = `${words}. Show`;
  newer.hidden = false;
  heard.textContent = `${words}, in the queue`;
}

function look(later = 0) {
  again = looking === NOW; // what changes while we look is looked at after
  if (looking) return;
  const due = Math.max(later, looked + APART - Date.now());
  looking = setTimeout(async () => {
    looked = Date.now();
    looking = NOW;
    const page = await fetched(location.pathname + location.search);
    looking = null;
    take(page);
    if (again) look();
  }, due);
}

// Someone wants the list now, and does not wait for this page's turn.
function hurry() {
  if (looking && looking !== NOW) clearTimeout(looking);
  if (looking !== NOW) looking = null;
  looked = 0;
  look();
}

function follow() {
  if (stream || !body.dataset.live || !window.EventSource || !here()) return;
  stream = new EventSource(body.dataset.live);
  stream.addEventListener("open", () => {
    if (followed) look(); // what came while nobody listened
    followed = true;
  });
  stream.addEventListener("queue", (event) => {
    const told = JSON.parse(event.data);
    const later = Math.random() * told.spread;
    if (later > SOON) tell(told.came);
    look(later);
  });
  stream.addEventListener("grown", () => look());
  stream.onerror = () => { if (stream?.readyState === EventSource.CLOSED) stream = null; };
}

function hangUp() {
  stream?.close();
  stream = null;
}

if (body.dataset.live) {
  newer.firstElementChild.addEventListener("click", () => {
    if (waiting) put(waiting);
    else hurry();
    if (LIST === "queue") byId("main").focus({ preventScroll: true });
    else byId("timeline").focus({ preventScroll: true });
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) hangUp();
    else { follow(); look(); }
  });
  addEventListener("pagehide", hangUp);
  addEventListener("pageshow", (shown) => { if (shown.persisted) { follow(); look(); } });
  setInterval(() => {
    if (!here()) hangUp();
    else if (stream?.readyState !== 1) { follow(); look(); }
  }, POLL);
  follow();
}

// --- What a message will cost, while it is written ---------------------------------------------------------------

const writing = byId("write");
if (writing?.dataset.parts) {
  const told = byId("parts");
  let soon = null;
  writing.elements.text.addEventListener("input", () => {
    clearTimeout(soon);
    soon = setTimeout(async () => {
      const form = new URLSearchParams(new FormData(writing));
      const answer = await fetch(writing.dataset.parts, { method: "POST", body: form, credentials: "same-origin" }).catch(() => null);
      if (answer?.ok && answer.headers.get("content-type").startsWith("text/plain")) told.textContent = await answer.text();
    }, 600);
  });
}

// --- Keys --------------------------------------------------------------------------------------------------------

const KEPT = "single-keys";
const sheet = byId("sheet");
const switches = [byId("keys"), byId("keys-switch")?.firstElementChild].filter(Boolean);
let off = false;
try { off = localStorage.getItem(KEPT) === "off"; } catch { /* a browser that keeps nothing: they stay on */ }

function say() {
  for (const one of switches) one.textContent = off ? one.dataset.on : one.dataset.off;
}

for (const one of switches) {
  one.parentElement.hidden = false;
  one.addEventListener("click", () => {
    off = !off;
    try { localStorage.setItem(KEPT, off ? "off" : "on"); } catch { /* for this page only */ }
    say();
  });
}
say();
byId("sheet-close")?.addEventListener("click", () => sheet.close());

function row(step) {
  const rows = Array.from(document.querySelectorAll("[data-row]"));
  if (!rows.length) return;
  const at = rows.findIndex((one) => one.contains(document.activeElement));
  const next = at < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.min(Math.max(at + step, 0), rows.length - 1);
  rows[next].querySelector("a").focus();
}

function pickUp() {
  const near = document.activeElement?.closest?.("[data-row]");
  const form = near ? near.querySelector("form[data-claim]") : byId("claim")?.form;
  form?.requestSubmit();
}

const go = (path) => { location.href = path; };
function at(key) {
  const field = document.querySelector(`[data-key="${key}"]`);
  field?.closest("details")?.setAttribute("open", "");
  field?.focus();
}
const SINGLE = { "?": () => sheet.showModal(), j: () => row(1), k: () => row(-1), c: pickUp, r: () => at("r"), n: () => at("n"), t: () => at("t") };
const AFTER_G = { q: () => go("/staff"), c: () => go("/staff/caseload"), t: () => go("/staff/tasks") };
let afterG = 0;

addEventListener("keydown", (pressed) => {
  const where = pressed.target;
  const types = fits(where) && (where.matches("input, textarea, select") || where.isContentEditable);
  if (off || types || pressed.ctrlKey || pressed.metaKey || pressed.altKey || pressed.isComposing || sheet?.open) return;
  const table = Date.now() - afterG < 1500 ? AFTER_G : SINGLE;
  afterG = 0;
  if (pressed.key === "g") { afterG = Date.now(); return; }
  const does = table[pressed.key];
  if (!does) return;
  pressed.preventDefault();
  does();
});

// --- Printing ----------------------------------------------------------------------------------------------------

const printing = byId("print");
if (printing) {
  printing.hidden = false;
  byId("how").firstChild.textContent = byId("how").textContent.replace("Print this page from your browser's menu. ", "");
  printing.firstElementChild.addEventListener("click", () => print());
}
