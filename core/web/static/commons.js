// The timeline's live part: what others see by reloading, this shows at once. Everything works without it.

const STAGES = ["queued", "drawing", "stored", "posted"];
const PRICE_AFTER_MS = 350;

const page = document.querySelector("[data-live]");
const news = document.getElementById("news");
const threads = document.getElementById("threads");
const form = document.getElementById("post-form");
const box = document.getElementById("text");
const answers = document.getElementById("answers");
const token = page?.dataset.token ?? "";
const MENTION = `@${page?.dataset.handle ?? "horde"} `;
const BEGIN = `${MENTION}draw for me `;
const told = new Map();

const all = (selector, root = document) => root.querySelectorAll(selector);

function say(sentence) {
  if (news) news.textContent = sentence;
}

function element(html) {
  const template = document.createElement("template");
  template.innerHTML = html.trim();
  return template.content.firstElementChild;
}

async function send(url, body) {
  const reply = await fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json", "X-Commons-Token": token },
    body: JSON.stringify(body),
  });
  const answer = await reply.json().catch(() => ({}));
  if (!reply.ok) throw new Error(answer.message || `The horde answered with status ${reply.status}. Try again in a moment.`);
  return answer;
}

// --- Threads and their way ---------------------------------------------------------------------------------------

function showThread(html) {
  const fresh = element(html);
  const there = document.getElementById(fresh.id);
  if (there) {
    const focused = there.contains(document.activeElement) ? document.activeElement : null;
    const finished = Number(fresh.dataset.replies) > Number(there.dataset.replies);
    there.replaceWith(fresh);
    if (finished) {
      fresh.querySelector(".reply:last-of-type")?.classList.add("fresh");
      const alt = fresh.querySelector(".reply:last-of-type img")?.alt;
      say(alt ? `The picture is here. ${alt}` : "The horde has answered.");
    }
    if (focused) {
      const same = focused.className && fresh.querySelector(`.${focused.className.split(" ").join(".")}`);
      same?.focus({ preventScroll: true });
    }
    return;
  }
  if (!threads || page.dataset.only) return;
  document.getElementById("empty")?.remove();
  fresh.classList.add("fresh");
  const later = [...all("[data-thread]", threads)].find((item) => Number(item.dataset.thread) < Number(fresh.dataset.thread));
  threads.insertBefore(fresh, later ?? null);
}

function showTile(html) {
  const wall = document.getElementById("wall");
  const fresh = element(html);
  if (!wall || document.getElementById(fresh.id)) return;
  document.getElementById("empty")?.remove();
  fresh.classList.add("fresh");
  wall.prepend(fresh);
}

function showWay(way) {
  const block = document.querySelector(`[data-way="${way.post_id}"]`);
  if (!block) return;
  block.querySelector("[data-sentence]").textContent = way.sentence;
  block.querySelector("[data-percent]").textContent = `${way.percent} %`;
  block.querySelector("progress").value = way.percent;
  const here = STAGES.indexOf(way.stage);
  all(".stages li", block).forEach((item, place) => {
    item.className = place < here ? "past" : place === here ? "now" : "next";
    item.toggleAttribute("aria-current", place === here);
    if (place === here) item.setAttribute("aria-current", "step");
  });
  const step = `${way.stage}:${Math.floor(way.percent / 25)}`;
  if (way.mine && told.get(way.post_id) !== step) {
    told.set(way.post_id, step);
    say(way.sentence);
  }
}

function showVotes(votes) {
  for (const block of all(`[data-votes="${votes.post_id}"]`)) {
    const [up, down] = all("button", block);
    const show = (button, count, mine, name) => {
      button.querySelector("[data-count]").textContent = count;
      button.setAttribute("aria-label", `Vote ${name}, ${count} so far`);
      if (mine === undefined) return;
      button.setAttribute("aria-pressed", String(mine));
      button.value = mine ? "clear" : name;
    };
    show(up, votes.up, votes.mine === undefined ? undefined : votes.mine > 0, "up");
    show(down, votes.down, votes.mine === undefined ? undefined : votes.mine < 0, "down");
  }
}

let workers = 0;

function showState(trouble) {
  for (const dot of all("[data-dot]")) dot.classList.toggle("on", !trouble && workers > 0);
  for (const state of all("[data-state]")) state.textContent = trouble || (workers > 0 ? "at work" : "asleep");
}

function showQueue(queue) {
  for (const [name, count] of Object.entries(queue)) {
    for (const place of all(`[data-queue="${name}"]`)) {
      place.textContent = count;
      const label = place.parentElement.querySelector("[data-many]");
      if (label) label.textContent = count === 1 ? label.dataset.one : label.dataset.many;
    }
  }
  workers = queue.workers;
  showState("");
}

function showMe(me) {
  for (const place of all("[data-balance]")) place.textContent = me.balance;
  for (const place of all("[data-held]")) place.textContent = me.held;
}

function listen() {
  const only = page.dataset.only ? `&only=${page.dataset.only}` : "";
  const source = new EventSource(`/commons/events?view=${page.dataset.live}&after=${page.dataset.cursor}${only}`);
  const on = (name, show) => source.addEventListener(name, (event) => show(JSON.parse(event.data)));
  on("thread", (body) => showThread(body.html));
  on("tile", (body) => showTile(body.html));
  on("way", showWay);
  on("votes", showVotes);
  on("queue", showQueue);
  on("me", showMe);
  source.addEventListener("open", () => showState(""));
  source.addEventListener("error", () => showState("reconnecting"));
  window.addEventListener("pagehide", () => source.close());
}

// --- Writing -----------------------------------------------------------------------------------------------------

function trouble(sentence) {
  const place = document.getElementById("trouble");
  place.textContent = sentence;
  place.hidden = !sentence;
  box.toggleAttribute("aria-invalid", Boolean(sentence));
  if (sentence) box.setAttribute("aria-errormessage", "trouble");
}

let asked = 0;
async function showPrice() {
  const mine = ++asked;
  try {
    const reply = await fetch(`/commons/price?text=${encodeURIComponent(box.value)}`, { headers: { Accept: "application/json" } });
    const answer = await reply.json();
    if (mine !== asked) return;
    const isTold = answer.sentence === document.getElementById("trouble").textContent;
    document.getElementById("price").textContent = isTold ? "" : (answer.sentence ?? "");
  } catch {
    // The price is a courtesy: without it one still posts.
  }
}

function begin(text) {
  box.value = text;
  trouble("");
  box.focus();
  box.setSelectionRange(text.length, text.length);
  showPrice();
}

function answerTo(post) {
  answers.value = post;
  const line = document.getElementById("answering");
  line.hidden = !post;
  line.querySelector("a").href = `/posts/${post}`;
  line.querySelector("b").textContent = post;
}

function writeHere() {
  let timer = 0;
  box.addEventListener("input", () => {
    trouble("");
    clearTimeout(timer);
    timer = setTimeout(showPrice, PRICE_AFTER_MS);
  });
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button[type=submit]");
    if (button.disabled) return;
    button.disabled = true;
    try {
      const answer = await send("/commons/posts", { text: box.value, in_reply_to: answers.value });
      trouble("");
      answerTo("");
      box.value = BEGIN;
      document.getElementById("price").textContent = answer.sentence ?? "";
      showThread(answer.html);
      say(answer.sentence ?? "Posted.");
    } catch (error) {
      trouble(error.message);
      asked += 1; // A price that is still on its way would say the same once more.
      document.getElementById("price").textContent = "";
      box.focus();
    } finally {
      button.disabled = false;
    }
  });
  if (box.value === BEGIN) box.setSelectionRange(box.value.length, box.value.length);
}

// --- What is clicked anywhere ------------------------------------------------------------------------------------

document.addEventListener("click", (event) => {
  const answer = event.target.closest("[data-answer]");
  if (answer && box && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    answerTo(answer.dataset.answer);
    begin(MENTION);
    document.getElementById("compose").scrollIntoView({ block: "start" });
  }
  if (box && event.target.closest("#answer-not")) {
    event.preventDefault();
    answerTo("");
    begin(BEGIN);
  }
  const idea = event.target.closest("[data-idea]");
  if (idea && box && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    answerTo("");
    begin(idea.dataset.idea);
    document.getElementById("compose").scrollIntoView({ block: "start" });
  }
  if (event.target.closest('a[href="/#account"]')) document.getElementById("account")?.setAttribute("open", "");
});

document.addEventListener("submit", async (event) => {
  const block = event.target.closest("[data-votes]");
  if (!block) return;
  event.preventDefault();
  try {
    showVotes(await send(block.getAttribute("action"), { vote: event.submitter.value }));
    say(event.submitter.getAttribute("aria-pressed") === "true" ? "Your vote is counted." : "Your vote is taken back.");
  } catch (error) {
    say(error.message);
  }
});

document.getElementById("more")?.addEventListener("click", async (event) => {
  event.preventDefault();
  const link = event.currentTarget;
  const reply = await fetch(link.dataset.next, { headers: { Accept: "application/json" } }).catch(() => null);
  if (!reply?.ok) {
    window.location.assign(link.href);
    return;
  }
  const answer = await reply.json();
  const list = threads ?? document.getElementById("wall");
  const first = list.children.length;
  list.insertAdjacentHTML("beforeend", answer.html);
  list.children[first]?.querySelector("a")?.focus({ preventScroll: true });
  if (answer.next) link.dataset.next = answer.next;
  else link.remove();
});

// --- Times -------------------------------------------------------------------------------------------------------

function ago(seconds) {
  if (seconds < 60) return "just now";
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h`;
  return null;
}

setInterval(() => {
  for (const time of all("time[datetime]")) {
    const words = ago((Date.now() - Date.parse(time.dateTime)) / 1000);
    if (words) time.textContent = words;
  }
}, 30_000);

workers = Number(document.querySelector('[data-queue="workers"]')?.textContent ?? 0);
if (page) listen();
if (form && box) writeHere();
