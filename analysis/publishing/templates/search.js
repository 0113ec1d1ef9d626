"use strict";
(function () {
  // Letters without their accents, so that a name is found as it is typed.
  function plain(text) {
    return text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase();
  }
  var place = document.getElementById("search");
  var rows = Array.prototype.slice.call(document.querySelectorAll("tr[data-about]"));
  var known = rows.map(function (row) { return plain(row.getAttribute("data-about")); });
  var label = document.createElement("label");
  label.htmlFor = "search-words";
  label.textContent = place.getAttribute("data-label");
  var input = document.createElement("input");
  input.type = "search";
  input.id = "search-words";
  input.autocomplete = "off";
  input.setAttribute("aria-describedby", "search-hint");
  var hint = document.createElement("p");
  hint.id = "search-hint";
  hint.textContent = place.getAttribute("data-hint");
  var found = document.createElement("p");
  found.setAttribute("role", "status");
  function search() {
    var words = plain(input.value).split(/\s+/).filter(Boolean);
    var count = 0;
    rows.forEach(function (row, number) {
      var fits = words.every(function (word) { return known[number].indexOf(word) >= 0; });
      row.hidden = !fits;
      count += fits ? 1 : 0;
    });
    document.querySelectorAll("section.reports-of").forEach(function (section) {
      section.hidden = !section.querySelector("tr[data-about]:not([hidden])");
    });
    found.textContent = words.length
      ? place.getAttribute("data-found").replace("{n}", count) : "";
  }
  input.addEventListener("input", search);
  place.append(label, input, hint, found);
  place.hidden = false;
})();
