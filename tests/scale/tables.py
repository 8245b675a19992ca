"""The tables of the README and its pictures, out of the closed form: the same numbers every time."""

from __future__ import annotations

import capacity
import chart
import model
import person

SERVERS = (10, 20, 50, 100, 200, 500, 1_000)
SMOOTH = (10, 14, 20, 30, 50, 70, 100, 140, 200, 300, 500, 700, 1_000)


def markdown(head: list[str], rows: list[list[str]]) -> str:
    """A table."""
    lined = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(row) + " |" for row in lined)


def both(net: model.Network) -> tuple[model.Load, model.Load]:
    """What a server of each kind has to do."""
    return (
        model.load(net, model.flooding(net), model.flooded_state(net)),
        model.load(net, model.subscribing(net), model.subscribed_state(net)),
    )


def running() -> str:
    """Lines, bytes and state of a server."""
    rows = []
    for servers in SERVERS:
        net = model.Network(servers)
        flood, sub = both(net)
        told = 2 * net.sessions / servers * net.friends * net.online
        rows.append([f"{servers:,}", f"{net.there / servers:,.0f}", f"{told:,.0f}", f"{flood.received:,.0f}", f"{sub.received:,.0f}",
                     kilobytes(flood.bytes), kilobytes(sub.bytes), megabytes(flood.state), megabytes(sub.state),
                     f"{flood.entries:,.0f}", f"{sub.entries:,.0f}"])
    return markdown(["servers", "clients of each", "to them, both: lines/s", "flooding: lines/s", "subscribing: lines/s", "flooding: kB/s",
                     "subscribing: kB/s", "flooding: state", "subscribing: state", "flooding: nicks", "subscribing: entries"], rows)


def whole() -> str:
    """The same for the whole network, and for the busiest server of a tree."""
    rows = []
    for servers in SERVERS:
        net = model.Network(servers)
        flood, sub = both(net)
        rows.append([f"{servers:,}", f"{flood.received * servers:,.0f}", f"{sub.received * servers:,.0f}",
                     f"{flood.state * servers / 1e9:,.0f} GB", f"{sub.state * servers / 1e9:,.0f} GB",
                     f"{20 * flood.received * servers / (servers - 1):,.0f}"])
    return markdown(["servers", "flooding: lines/s in all", "subscribing: lines/s in all", "flooding: state in all",
                     "subscribing: state in all", "flooding: lines/s through a hub of 20 links"], rows)


def session() -> str:
    """What one session costs a network of 100 servers, line by line."""
    net = model.Network(100)
    rows = [[name, kind, f"{cost.lines:,.1f}", f"{cost.bytes:,.0f}"]
            for name, costs in (("flooding", model.flooding(net)), ("subscribing", model.subscribing(net)))
            for kind, cost in costs.items()]
    return markdown(["100 servers", "line", "of them for a session, from its beginning to its end", "bytes of one"], rows)


def splits() -> str:
    """What a split costs a server, and the healing."""
    rows = []
    for servers in SERVERS:
        net = model.Network(servers)
        told = net.there / servers * net.friends * net.online / 2
        flood, parts, heals = model.flooding_heals(net), model.subscribing_splits(net), model.subscribing_heals(net)
        rows.append([f"{servers:,}", f"{told:,.0f}", "1", *healing(parts), *healing(flood), f"{capacity.HASHED.heals(net):,.1f} s",
                     *healing(heals), f"{capacity.SUBSCRIBING.heals(net):,.1f} s"])
    heads = ["flooding splits: lines", "subscribing splits: lines", "bytes", "flooding heals: lines", "bytes", "standstill",
             "subscribing heals: lines", "bytes", "standstill"]
    return markdown(["servers", "to its clients, both: lines", *heads], rows)


def healing(cost: model.Healing) -> list[str]:
    """Lines and bytes."""
    return [f"{cost.lines:,.0f}", megabytes(cost.bytes)]


def breaking() -> str:
    """How many people can be online by each limit."""
    rows = []
    for server, sizes in ((capacity.LISTED, (100,)), (capacity.HASHED, (100,)), (capacity.SUBSCRIBING, (20, 100, 1_000))):
        for servers in sizes:
            found = capacity.limits(model.Network(servers), server)
            least = ("memory", "healing", "lines")[found.index(min(found))]
            name = server.name + (f", {servers:,} servers" if server is capacity.SUBSCRIBING else ", any number of servers")
            rows.append([name, *[chart.short(round_to(value)) for value in found], least])
    return markdown(["people online at most, by", "memory (1 GB)", "healing (60 s)", "lines (half a processor)", "breaks first by"],
                    rows)


def churning() -> str:
    """The same lines with shorter sessions."""
    rows = []
    for minutes in (5, 15, 60, 120, 480):
        net = model.Network(100, session=60.0 * minutes)
        flood, sub = both(net)
        rows.append([f"{minutes} min", f"{net.sessions:,.0f}", f"{flood.received:,.0f}", f"{sub.received:,.0f}",
                     f"{capacity.HASHED.busy(net):.1%}", f"{capacity.SUBSCRIBING.busy(net):.1%}"])
    return markdown(["mean session", "sessions begun a second", "flooding: lines/s to a server", "subscribing: lines/s to a server",
                     "flooding: of a processor", "subscribing: of a processor"], rows)


def watching() -> str:
    """Rounds of ISON."""
    rows = []
    for friends in person.FRIENDS:
        each = [person.Watching(friends, limit) for limit in person.MONITOR.values()]
        rounds = [f"{one.round} / {seconds(one.round_takes)}" if one.round else "none" for one in each]
        coming = f"{each[0].coming:,} / {seconds(each[0].coming_takes)}"
        rows.append([f"{friends:,}", f"{each[0].nicks:,}", *rounds, f"{each[0].a_day:,}", coming])
    heads = [f"{name} ({limit})" for name, limit in person.MONITOR.items()]
    return markdown(["friends", "nicks", *heads, "lines a day, ngIRCd", "lines of a coming, and how long they take"], rows)


def mails() -> str:
    """Mails when one friend is hidden from."""
    rows = []
    for friends in person.FRIENDS:
        hiding = person.Hiding(friends)
        days = [f"{hiding.days(hiding.told, per_day):,} / {hiding.days(hiding.by_mail, per_day):,}" for per_day in person.BUDGETS]
        today = min(hiding.told, hiding.most_in_a_day(person.PER_DAY))
        rows.append([f"{friends:,}", f"{hiding.told:,}", f"{hiding.by_mail:,}", *days, f"{today:,}"])
    heads = [f"days at {per_day} a day" for per_day in person.BUDGETS]
    return markdown(["friends", "told", "by mail, if a fifth is online", *heads, "on the first day, at 200"], rows)


def memory() -> str:
    """What a user's machine keeps."""
    rows = [[f"{friends:,}", *map(megabytes, person.stored(friends))] for friends in person.FRIENDS]
    return markdown(["friends", "roster.toml", "sessions in the database", "the agent's memory"], rows)


TABLES = {
    "running": running, "whole": whole, "session": session, "splits": splits, "breaking": breaking, "churning": churning,
    "watching": watching, "mails": mails, "memory": memory,
}


def pictures() -> dict[str, str]:
    """The pictures, by the names of their files."""
    nets = [model.Network(servers) for servers in SMOOTH]
    pairs = [(net.servers, *both(net)) for net in nets]
    along = "servers"
    charts = {
        "lines.svg": chart.Chart("Lines that a server gets in a second, 2 million online", along, "lines a second", [
            chart.Series("flooding", [(x, flood.received) for x, flood, _ in pairs]),
            chart.Series("subscribing", [(x, sub.received) for x, _, sub in pairs])]),
        "state.svg": chart.Chart("State that a server keeps, 2 million online", along, "bytes", [
            chart.Series("flooding", [(x, flood.state) for x, flood, _ in pairs]),
            chart.Series("subscribing", [(x, sub.state) for x, _, sub in pairs])], (capacity.MEMORY, "1 GB")),
        "heals.svg": chart.Chart("Bytes that a server gets when two halves heal, 2 million online", along, "bytes", [
            chart.Series("flooding", [(net.servers, model.flooding_heals(net).bytes) for net in nets]),
            chart.Series("subscribing", [(net.servers, model.subscribing_heals(net).bytes) for net in nets])]),
        "standstill.svg": standstill(),
        "rounds.svg": chart.Chart("From one look for every friend to the next", "friends", "seconds", [
            chart.Series(name, [(friends, person.Watching(friends, limit).round_takes) for friends in person.FRIENDS])
            for name, limit in list(person.MONITOR.items())[::3]]),
        "mails.svg": chart.Chart("Days until all have the new secret, if all are told by mail", "friends", "days, begun", [
            chart.Series(f"{per_day} mails a day", [(n, 1 + person.Hiding(n).days(n - 1, per_day)) for n in person.FRIENDS])
            for per_day in person.BUDGETS]),
    }
    return {name: one.svg() for name, one in charts.items()}


def standstill() -> chart.Chart:
    """How long a server hears of nothing but who is there, by people online."""
    people = [10**exponent for exponent in (4, 4.5, 5, 5.5, 6, 6.5, 7, 7.5)]
    kinds = (("flooding, a list", capacity.LISTED, 100), ("flooding, hashed", capacity.HASHED, 100),
             ("subscribing, 1,000 servers", capacity.SUBSCRIBING, 1_000))
    series = [chart.Series(name, [(n, server.heals(model.Network(servers, people=int(n * 5)))) for n in people])
              for name, server, servers in kinds]
    return chart.Chart("Standstill of a server when two halves heal", "people online", "seconds", series,
                       (capacity.STANDSTILL, "60 s"))


def kilobytes(count: float) -> str:
    return f"{count / 1e3:,.1f}"


def megabytes(count: float) -> str:
    return f"{count / 1e6:,.2f} MB" if count < 1e6 else f"{count / 1e6:,.0f} MB"


def seconds(count: float) -> str:
    return f"{count:,.0f} s" if count < 600 else f"{count / 60:,.0f} min"


def round_to(value: float) -> float:
    """Two digits: the limits are no better known."""
    return float(f"{value:.1e}")
