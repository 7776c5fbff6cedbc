# The beginning of the program that judges a container: container_adopt.py comes behind it, then container_main.py.
import os
import re
import sys
