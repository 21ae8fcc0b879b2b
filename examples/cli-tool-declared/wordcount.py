"""Counts words: wordcount.py FILE…"""

import sys

if len(sys.argv) == 1:
    print("usage: wordcount.py FILE...")
for path in sys.argv[1:]:
    with open(path, encoding="utf-8") as file:
        print(len(file.read().split()), path)
