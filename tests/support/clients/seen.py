# Runs inside WeeChat: keeps what its user sees (buffers, their lines, their lists of nicks) in seen.json.
import json
import os

import weechat

weechat.register("seen", "iim", "1", "MIT", "writes down what is seen", "", "")
FILE = os.path.join(weechat.info_get("weechat_data_dir", ""), "seen.json")


def items(name, pointer):
    infolist = weechat.infolist_get(name, pointer, "")
    while infolist and weechat.infolist_next(infolist):
        yield infolist
    weechat.infolist_free(infolist)


def word(item, name):
    return weechat.string_remove_color(weechat.infolist_string(item, name), "")


def buffer(item):
    pointer = weechat.infolist_pointer(item, "pointer")
    lines = [
        {
            "time": int(weechat.infolist_time(line, "date")),
            "prefix": word(line, "prefix"),
            "text": word(line, "message"),
            "tags": word(line, "tags"),
        }
        for line in items("buffer_lines", pointer)
    ]
    nicks = {
        word(nick, "name"): word(nick, "prefix").strip()
        for nick in items("nicklist", pointer)
        if weechat.infolist_string(nick, "type") == "nick"
    }
    return {"name": word(item, "full_name"), "lines": lines, "nicks": nicks}


def write(_data, _left):
    with open(FILE + ".new", "w", encoding="utf-8") as file:
        json.dump([buffer(item) for item in items("buffer", "")], file)
    os.rename(FILE + ".new", FILE)
    return weechat.WEECHAT_RC_OK


weechat.hook_timer(200, 0, 0, "write", "")
