// The way out: at once, with nothing left to come back to. The button, or Shift three times.
"use strict";
(() => {
  const PRESSES = 3;
  const WITHIN = 5000; // milliseconds for three presses of Shift
  const PATIENCE = 1000; // milliseconds our own server has to end the chat here; then we leave without it
  const MARK = "ended";
  const others = window.BroadcastChannel ? new BroadcastChannel("exit") : null;

  function blank() {
    document.documentElement.hidden = true;
    document.title = " ";
  }

  // A mark, kept only where the server could not be told: it is told before anything is shown again.
  function mark(set) {
    try {
      if (set) localStorage.setItem(MARK, "1");
      else localStorage.removeItem(MARK);
    } catch { /* a browser that keeps nothing has nothing to forget */ }
  }

  function marked() {
    try {
      return localStorage.getItem(MARK) !== null;
    } catch {
      return false;
    }
  }

  // The server takes the cookie back and answers with a redirect, which is not followed.
  async function forgotten() {
    const answer = fetch("/chat/forget", { method: "POST", redirect: "manual", keepalive: true }).catch(() => null);
    const told = await Promise.race([answer, new Promise((late) => setTimeout(late, PATIENCE))]);
    return told?.type === "opaqueredirect";
  }

  // The neutral page takes the place of this one in the history. Without a script the link itself leads there.
  async function leave() {
    blank();
    const { to } = document.getElementById("exit").dataset;
    if (!(await forgotten())) mark(true);
    location.replace(to);
  }

  function exit() {
    others?.postMessage("exit");
    leave();
  }

  async function forget() {
    if (!(await forgotten())) return setTimeout(forget, 2000);
    mark(false);
    location.replace("/");
  }

  if (marked()) {
    blank();
    forget();
  }
  if (others) others.onmessage = leave;

  document.addEventListener("click", (pressed) => {
    if (!pressed.target.closest?.("[data-exit]")) return;
    pressed.preventDefault();
    exit();
  });

  // Shift counts where it was pressed by itself: capital letters do not add up to a way out.
  let count = 0;
  let alone = false;
  let timer;

  function tell() {
    const words = document.getElementById("presses");
    const dots = document.querySelector(".presses");
    if (!words || !dots) return;
    dots.hidden = count === 0;
    [...dots.children].forEach((dot, place) => dot.classList.toggle("on", place < count));
    words.textContent = [" ", words.dataset.two, words.dataset.one][count] || "";
  }

  function counted(presses) {
    clearTimeout(timer);
    count = presses;
    if (count >= PRESSES) return exit();
    if (count) timer = setTimeout(() => counted(0), WITHIN);
    tell();
  }

  document.addEventListener("keydown", (pressed) => {
    if (pressed.key === "Shift") {
      if (!pressed.repeat) alone = true;
      return;
    }
    alone = false;
    if (count) counted(0);
  }, true);
  document.addEventListener("keyup", (pressed) => {
    if (pressed.key !== "Shift" || !alone) return;
    alone = false;
    counted(count + 1);
  }, true);

  // A page that the browser kept whole is never shown again as it was.
  addEventListener("pagehide", () => { document.documentElement.hidden = true; });
  addEventListener("pageshow", (shown) => { if (shown.persisted) location.reload(); });
})();
