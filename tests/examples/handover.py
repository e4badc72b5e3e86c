#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Hand-over between threads in Python: handover.py LIBDRIFTPOOL.SO"""
import ctypes as c
import queue
import sys
import threading
CONSTRUCT = c.CFUNCTYPE(c.c_int, c.c_void_p, c.c_void_p)


class Config(c.Structure):  # struct dp_config
    _fields_ = [('size', c.c_size_t), ('name', c.c_char_p),
                ('object_size', c.c_size_t), ('object_align', c.c_size_t),
                ('magazine_size', c.c_uint), ('limits', c.c_size_t * 4),
                ('construct', CONSTRUCT), ('functions', c.c_void_p * 2)]


def reader():
    """Detaches, as join() may come before the thread's end, which does it."""
    while message := waiting.get():
        dp.dp_pool_return(pool, c.c_void_p(message))
    dp.dp_thread_detach(pool)


dp, waiting, made, sent = c.CDLL(sys.argv[1]), queue.Queue(64), [], 0
dp.dp_pool_create.restype = dp.dp_pool_borrow.restype = c.c_void_p
dp.dp_backend_name.restype = c.c_char_p
construct = CONSTRUCT(lambda message, arg: made.append(message) or 0)
config = Config(c.sizeof(Config), b'python', 256, 16, 64, construct=construct)
pool = c.c_void_p(dp.dp_pool_create(c.byref(config)))
thread = threading.Thread(target=reader)
thread.start()
while sent < 100000 and pool and (message := dp.dp_pool_borrow(pool)):
    waiting.put(message)
    sent += 1
waiting.put(None)
thread.join()
print(f'{dp.dp_backend_name().decode()}: {sent} handed over, {len(made)} '
      'constructed')
sys.exit(sent < 100000 or dp.dp_pool_destroy(pool) != 0)
