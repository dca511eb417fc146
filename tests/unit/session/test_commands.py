"""Commands as declared: keys, menus, reasons."""

import re

from annotator.bundle import bundled
from annotator.session.commands.contract import Menu, Scope
from annotator.session.commands.registry import commands, menu_commands, run, search


def test_no_two_commands_share_a_key():
    keys = [key for command in commands().values() for key in command.keys]

    assert len(keys) == len(set(keys))


def test_every_command_can_be_found_in_the_palette(session):
    for command in commands().values():
        assert command in search(session, command.title)


def test_every_icon_is_shipped():
    for command in commands().values():
        if command.icon:
            bundled("resources", "icons", f"{command.icon}.svg")


def test_single_letters_belong_to_the_canvas():
    for command in commands().values():
        for key in command.keys:
            if re.fullmatch(r"(Shift\+)?[A-Z0-9]", key):
                assert command.scope is Scope.CANVAS, command.id


def test_menus_hold_every_command_that_names_one():
    listed = {command.id for menu in Menu if menu for group in menu_commands(menu) for command in group}

    assert listed == {command.id for command in commands().values() if command.menu}


def test_a_command_that_does_not_apply_says_what_it_needs(session, heard):
    assert commands()["edit.copy"].reason(session) == "needs a selected instance"

    run(session, "edit.copy")

    assert heard.last == "Select an instance to copy its pose"


def test_search_puts_titles_that_begin_with_the_words_first(session):
    found = search(session, "new")

    assert found[0].title.startswith("New")
