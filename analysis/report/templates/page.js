"use strict";
(() => {
  const one = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];

  /** An element with classes, text and children; never HTML from data. */
  const make = (tag, { className = "", text = "", ...attributes } = {}, ...children) => {
    const element = document.createElement(tag);
    if (className) element.className = className;
    if (text) element.textContent = text;
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children.filter(Boolean));
    return element;
  };

  // figures: enlarge, go on with the arrow keys, swipe on a touch screen
  const viewer = one("#viewer");
  const figures = all(".figures figure");
  let shown = 0;
  const show = (number) => {
    shown = (number + figures.length) % figures.length;
    const source = figures[shown];
    const from = one("img", source);
    const image = one("img", viewer);
    image.src = from.src;
    image.alt = from.alt;
    image.width = from.width;
    image.height = from.height;
    image.style.aspectRatio = `${from.getAttribute("width")} / ${from.getAttribute("height")}`;
    one("b", viewer).replaceChildren(...one("b", source).cloneNode(true).childNodes);
    const caption = one(".caption", source);
    one(".caption", viewer).replaceChildren(...(caption ? caption.cloneNode(true).childNodes : []));
    one(".counter", viewer).textContent = `${shown + 1} of ${figures.length}`;
    const pdf = one(".pdf", source);
    one(".files", viewer).replaceChildren(...(pdf ? [pdf.cloneNode(true)] : []));
  };
  figures.forEach((figure, number) =>
    one(".enlarge", figure).addEventListener("click", () => {
      show(number);
      viewer.showModal();
    }),
  );
  one(".previous", viewer).addEventListener("click", () => show(shown - 1));
  one(".next", viewer).addEventListener("click", () => show(shown + 1));
  viewer.addEventListener("keydown", (event) => {
    if (event.key === "ArrowLeft") show(shown - 1);
    if (event.key === "ArrowRight") show(shown + 1);
  });
  viewer.addEventListener("click", (event) => {
    if (event.target === viewer || event.target === one("figure", viewer)) viewer.close();
  });
  viewer.addEventListener("close", () => {
    one(".enlarge", figures[shown]).focus();
    one("img", viewer).removeAttribute("src");
  });
  let touched = 0;
  viewer.addEventListener("touchstart", (event) => (touched = event.changedTouches[0].clientX), { passive: true });
  viewer.addEventListener("touchend", (event) => {
    const moved = event.changedTouches[0].clientX - touched;
    if (Math.abs(moved) > 60) show(shown + (moved < 0 ? 1 : -1));
  });

  // the graph and what it says of a step or a record
  const panel = one("#detail");
  if (panel) {
    const data = JSON.parse(one("#details").textContent);
    const graphs = { steps: one("#graph-steps"), all: one("#graph-all") };
    const canvas = one(".canvas");
    const boxes = new Map(all(".box").map((box) => [box.dataset.name, box]));

    const setView = (view) => {
      for (const [name, graph] of Object.entries(graphs)) graph.classList.toggle("hidden", name !== view);
      one(`input[name=view][value=${view}]`).checked = true;
    };
    all("input[name=view]").forEach((input) => input.addEventListener("change", () => setView(input.value)));

    /** Mark a box, what it was made from, directly or not, and what leads there. */
    const mark = (name) => {
      const box = boxes.get(name);
      const graph = box.closest("svg");
      const curves = all(".curves path", graph);
      const family = new Set([name]);
      for (const waiting = [name]; waiting.length; ) {
        const target = waiting.pop();
        for (const curve of curves) {
          if (curve.dataset.target === target && !family.has(curve.dataset.source)) {
            family.add(curve.dataset.source);
            waiting.push(curve.dataset.source);
          }
        }
      }
      all(".box").forEach((other) => {
        other.classList.toggle("related", family.has(other.dataset.name));
        other.setAttribute("aria-pressed", String(other === box));
      });
      all(".curves path").forEach((curve) =>
        curve.classList.toggle("related", family.has(curve.dataset.target) && family.has(curve.dataset.source)),
      );
      graph.classList.add("marked");
    };
    const unmark = () => {
      all(".graph").forEach((graph) => graph.classList.remove("marked"));
      all(".related").forEach((element) => element.classList.remove("related"));
      all(".box").forEach((box) => box.setAttribute("aria-pressed", "false"));
    };

    const facts = (pairs) =>
      make("dl", { className: "facts" }, ...pairs.flatMap(([name, text]) => [make("dt", { text: name }), make("dd", { text })]));
    const block = (title, open, ...children) => {
      const fold = make("details", { className: "fold small" }, make("summary", { text: title }), ...children);
      fold.open = open;
      return fold;
    };
    const link = (place, role) => {
      const record = data.records[place];
      const button = make(
        "button",
        { className: "link", type: "button" },
        make("span", { text: record.series }),
        make("span", { className: "quiet", text: !role ? `${record.count} · ${record.time}` : role === record.series ? record.family : `${record.family}, as ${role}` }),
      );
      button.addEventListener("click", () => select(place));
      return make("li", {}, button);
    };
    const links = (title, open, pairs) =>
      pairs.length > 0 && block(`${title} (${pairs.length})`, open, make("ul", { className: "links" }, ...pairs.map(([role, place]) => link(place, role))));

    const describeRecord = (place) => {
      const record = data.records[place];
      const code = data.code[record.code];
      const settings = record.settings.map(([name, number]) => [name, data.settings[number]]);
      const up = make("button", { className: "up", type: "button", text: record.family });
      up.addEventListener("click", () => select(record.family));
      return [
        make("p", { className: "path" }, up),
        make("h3", { text: record.series.split(".")[0] }),
        record.series.includes(".") && make("p", { className: "variant", text: record.series.split(".").slice(1).join(".") }),
        facts(record.facts),
        record.parameters.length > 0 && block(`Parameters (${record.parameters.length})`, true, facts(record.parameters)),
        settings.length > 0 &&
          block("Settings", false, ...settings.flatMap(([name, text]) => [make("h4", { text: name }), make("pre", { text: text || "as they are", tabindex: "0" })])),
        links("Made from", record.inputs.length < 9, record.inputs),
        links("Used by", false, record.uses),
        block(`Code (${code.length})`, false, make("ul", { className: "code" }, ...code.map(([name, digest]) => make("li", {}, make("span", { text: name }), make("span", { className: "quiet", text: digest }))))),
        block(
          `Files (${record.files.length + record.more})`,
          false,
          make(
            "ul",
            { className: "code" },
            ...record.files.map(([name, size, digest]) => make("li", {}, make("span", { text: name }), make("span", { className: "quiet", text: `${size} · SHA-256 ${digest}` }))),
            record.more > 0 && make("li", { className: "quiet", text: `and ${record.more} more` }),
          ),
        ),
      ];
    };
    const describeStep = (family) => {
      const step = data.steps[family];
      return [
        make("p", { className: "path", text: step.kind }),
        make("h3", { text: family }),
        facts(step.facts),
        links("Records", true, step.records.map((place) => ["", place])),
      ];
    };

    /** Show a step or a record: in the graph that has it, and beside it. */
    const select = (name, reveal = false) => {
      const step = data.steps[name];
      const record = step && step.records.length === 1 ? step.records[0] : step ? null : name;
      const wanted = graphs.all.classList.contains("hidden") && record ? data.records[record].family : name;
      const box = boxes.get(wanted) || boxes.get(name);
      setView(box.closest("svg") === graphs.all ? "all" : "steps");
      mark(box.dataset.name);
      const close = make("button", { className: "round close", type: "button", "aria-label": "Close", text: "×" });
      close.addEventListener("click", () => {
        unmark();
        panel.classList.remove("open");
        panel.replaceChildren(make("p", { className: "hint", text: "Choose a step of the graph." }));
        box.focus();
      });
      panel.replaceChildren(close, ...(record ? describeRecord(record) : describeStep(name)).filter(Boolean));
      panel.classList.add("open");
      panel.scrollTop = 0;
      panel.dataset.shown = record || name;
      if (reveal) one("#records").scrollIntoView();
      const at = box.getBoundingClientRect();
      const frame = canvas.getBoundingClientRect();
      if (at.left < frame.left + 20 || at.right > frame.right - 20) canvas.scrollLeft += at.left - frame.left - (frame.width - at.width) / 2;
      if (at.top < frame.top || at.bottom > frame.bottom) canvas.scrollTop += at.top - frame.top - (frame.height - at.height) / 2;
      // on a small screen the panel lies over the graph
      const hidden = box.getBoundingClientRect().bottom + 16 - panel.getBoundingClientRect().top;
      if (getComputedStyle(panel).position === "fixed" && hidden > 0) scrollBy({ top: hidden });
    };
    boxes.forEach((box, name) => {
      box.addEventListener("click", () => select(name));
      box.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        select(name);
      });
    });
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && panel.classList.contains("open") && !viewer.open) one(".close", panel).click();
    });
    all("button.key").forEach((button) => {
      if (data.records[button.dataset.place]) button.addEventListener("click", () => select(button.dataset.place, true));
      else button.disabled = true;
    });
    setView("steps");
    // where the canvas is narrower than the graph, begin at the first step
    const first = one(".box").getBoundingClientRect();
    const frame = canvas.getBoundingClientRect();
    canvas.scrollLeft = (first.left + first.right - frame.left - frame.right) / 2;
  }

  // the command
  const copy = one("#copy");
  copy.addEventListener("click", async () => {
    const command = one("#command");
    try {
      await navigator.clipboard.writeText(command.textContent);
      copy.textContent = "Copied";
    } catch {
      // a browser that does not let a page write there: select it, so that a key does
      getSelection().selectAllChildren(command);
      copy.textContent = "Selected";
    }
    setTimeout(() => (copy.textContent = "Copy"), 1500);
  });

  // on paper, everything is open
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = all("main details:not([open])").filter((fold) => !fold.closest("#detail"));
    folded.forEach((fold) => (fold.open = true));
  });
  addEventListener("afterprint", () => folded.forEach((fold) => (fold.open = false)));
})();
