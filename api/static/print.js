// A button that prints, where there is a script to do it.
"use strict";
const printing = document.getElementById("print");
printing.hidden = false;
document.getElementById("how").hidden = true;
printing.querySelector("button").addEventListener("click", () => window.print());
