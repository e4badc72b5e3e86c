#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A trace of a work-stealing run: fork and join on the workers' queues.

    steal_trace.py > steal.trace

Each task is a frame borrowed by the worker that forks it.  A worker takes the
newest task of its own queue or, when that is empty, steals the oldest one of
another worker's.  A task either forks two more and waits for them or is a leaf;
the worker that completes the last child goes on with the parent, and returns
its frame when that is done.  So frames of stolen tasks go back elsewhere.
"""
import collections
import random

WORKERS = 8
DEPTH = 8
ROOTS = 7
SEED = 3


class Task:
    """A frame, and what it waits for."""

    def __init__(self, frame, parent, depth):
        self.frame = frame
        self.parent = parent
        self.depth = depth
        self.children = 0


class Run:
    """Workers that take turns of one step each, in random order."""

    def __init__(self):
        self.random = random.Random(SEED)
        self.queues = [collections.deque() for _ in range(WORKERS)]
        self.free = []
        self.frames = 0

    def fork(self, worker, parent, depth):
        """Borrows a frame, and leaves the task for whoever is first."""
        if not self.free:
            self.free.append(self.frames)
            self.frames += 1
        frame = self.free.pop()
        print(worker, 'borrow', frame)
        self.queues[worker].append(Task(frame, parent, depth))

    def complete(self, worker, task):
        """Returns the frame, and those of parents that waited for it."""
        while task is not None and task.children == 0:
            print(worker, 'return', task.frame)
            self.free.append(task.frame)
            task = task.parent
            if task is not None:
                task.children -= 1

    def step(self, worker):
        """One task, the worker's own or a stolen one."""
        if self.queues[worker]:
            task = self.queues[worker].pop()
        else:
            victim = self.random.randrange(WORKERS)
            if not self.queues[victim]:
                return
            task = self.queues[victim].popleft()
        if task.depth > 0 and self.random.random() < .95:
            task.children = 2
            for _ in range(2):
                self.fork(worker, task, task.depth - 1)
        else:
            self.complete(worker, task)

    def go(self):
        """Until there is no task."""
        for root in range(ROOTS):
            self.fork(root % 2, None, DEPTH)
            while any(self.queues):
                for worker in self.random.sample(range(WORKERS), WORKERS):
                    self.step(worker)


print('# Fork and join by work stealing on', WORKERS, 'workers; made by '
      'tests/bench/steal_trace.py')
Run().go()
