"""This process's reader of pictures: one child for each web or worker process, whatever it is wanted for.

A worker's keeps the models of the letters' engine for the next photo, and gives their memory back when none has come for a while.
"""

from scanning import conf
from scanning.picture_process import PictureProcess

IDLE_S = 300.0

pictures = PictureProcess(idle_s=IDLE_S, memory_mb=conf.scan_memory_mb())
