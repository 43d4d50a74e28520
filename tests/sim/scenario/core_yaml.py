"""Reads YAML as editors do: by the core schema of YAML 1.2, in which `on` is a word."""
import re

import yaml


class Loader(yaml.SafeLoader):
    yaml_implicit_resolvers = {}


for tag, pattern, first in [
        ('bool', r'true|True|TRUE|false|False|FALSE', 'tTfF'),
        ('int', r'[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+', '-+0123456789'),
        ('float', r'[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?', '-+0123456789.'),
        ('null', r'~|null|Null|NULL|', ['~', 'n', 'N', '']),
        ('merge', r'<<', '<')]:
    Loader.add_implicit_resolver(f'tag:yaml.org,2002:{tag}', re.compile(f'^({pattern})$'),
                                 list(first))


def read(text):
    return yaml.load(text, Loader)
