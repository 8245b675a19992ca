// Drives The Lounge's page in Chromium: one request a line on stdin, one answer a line on stdout, both JSON.
// Its arguments: the folder with node_modules, the address of the page.
import {createRequire} from "node:module";
import {createInterface} from "node:readline";

const [folder, address] = process.argv.slice(2);
const {chromium} = createRequire(`${folder}/`)("playwright-core");
const browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-dev-shm-usage"],
});
const page = await browser.newPage({viewport: {width: 1100, height: 700}});
page.setDefaultTimeout(20_000);

function look() {
    const all = (selector, make) => [...document.querySelectorAll(selector)].map(make);
    const words = (element, selector) => element.querySelector(selector)?.textContent.trim() ?? "";
    return {
        channels: all(".channel-list-item", (item) => item.dataset.name),
        open: document.querySelector(".channel-list-item.active")?.dataset.name ?? "",
        messages: all("#chat .msg", (line) => ({
            kind: line.dataset.type,
            from: words(line, ".from .user"),
            text: words(line, ".content"),
            time: line.querySelector(".msg-time, .time")?.getAttribute("aria-label") ?? "",
        })),
        users: Object.fromEntries(
            all(".userlist .user", (user) => [
                user.dataset.name,
                user.closest(".user-mode")?.className.replace("user-mode", "").trim() ?? "",
            ])
        ),
    };
}

const deeds = {
    async enter({user, password}) {
        await page.goto(address);
        await page.fill("#signin-username", user);
        await page.fill("#signin-password", password);
        await page.click("button[type=submit]");
    },
    async connect({fields}) {
        for (const [name, value] of Object.entries(fields)) {
            await page.fill(`#connect input[name="${name}"]`, value);
        }
        await page.click('#connect button:has-text("Connect")');
    },
    async open({name}) {
        await page.click(`.channel-list-item[data-name="${name}"]`);
    },
    async type({text}) {
        await page.fill("#input", text);
        // Enter would choose from the list of commands that opens.
        await page.click("#submit");
    },
    async see() {
        return page.evaluate(look);
    },
    async shot({path}) {
        await page.screenshot({path});
    },
};

for await (const line of createInterface({input: process.stdin})) {
    const request = JSON.parse(line);
    let answer;
    try {
        answer = {did: (await deeds[request.do](request)) ?? null};
    } catch (fault) {
        answer = {fault: String(fault)};
    }
    console.log(JSON.stringify(answer));
}
await browser.close();
