// Leave at once, so that Back does not bring this page up again.
"use strict";
document.getElementById("exit").addEventListener("click", (pressed) => {
  pressed.preventDefault();
  document.documentElement.hidden = true;
  location.replace(pressed.currentTarget.href);
});
