/* SPDX-License-Identifier: MIT */
/* Every function that the library could get memory from, wrapped. */
#include "allocator.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

/* Invariant: `live` counts what passed through here, whatever may fail. */
static struct {
	unsigned long calls;
	unsigned long first, n; /* the calls that fail; first 0: none */
	unsigned long failures; /* since allocator_fail() */
	long live;
	unsigned long interrupt; /* the call that calls act(); 0: none */
	void (*act)(void);
	const char *pattern; /* NULL: none */
	size_t pattern_bytes;
} allocator;

void
allocator_fail(unsigned long first, unsigned long n)
{
	allocator.calls = 0;
	allocator.failures = 0;
	allocator.first = first;
	allocator.n = n;
}

void
allocator_interrupt(unsigned long first, void (*act)(void))
{
	allocator.calls = 0;
	allocator.interrupt = first;
	allocator.act = act;
}

void
allocator_fill(const void *pattern, size_t bytes)
{
	allocator.pattern = pattern;
	allocator.pattern_bytes = bytes;
}

unsigned long
allocator_calls(void)
{
	return allocator.calls;
}

bool
allocator_failed(void)
{
	return allocator.failures > 0;
}

long
allocator_live(void)
{
	return allocator.live;
}

static bool
fails_now(void)
{
	unsigned long call = ++allocator.calls;

	if (call == allocator.interrupt) {
		allocator.interrupt = 0;
		allocator.act();
	}
	bool fails = allocator.first != 0 && call >= allocator.first &&
		     call - allocator.first < allocator.n;

	allocator.failures += fails;
	return fails;
}

static void *
counted(void *memory)
{
	allocator.live += memory != NULL;
	return memory;
}

static void *
filled(void *memory, size_t bytes)
{
	for (size_t done = 0; memory && allocator.pattern && done < bytes;
	     done += allocator.pattern_bytes) {
		size_t left = bytes - done;

		memcpy((char *)memory + done, allocator.pattern,
		       left < allocator.pattern_bytes
			       ? left
			       : allocator.pattern_bytes);
	}
	return memory;
}

/* The names are the linker's; link-time optimization must not lose them. */
#define WRAPPED __attribute__((used))

void *__real_malloc(size_t bytes);
void *__real_calloc(size_t n, size_t bytes);
void *__real_realloc(void *memory, size_t bytes);
void *__real_aligned_alloc(size_t align, size_t bytes);
int __real_posix_memalign(void **memory, size_t align, size_t bytes);
void __real_free(void *memory);

void *__wrap_malloc(size_t bytes);
void *__wrap_calloc(size_t n, size_t bytes);
void *__wrap_realloc(void *memory, size_t bytes);
void *__wrap_aligned_alloc(size_t align, size_t bytes);
int __wrap_posix_memalign(void **memory, size_t align, size_t bytes);
void __wrap_free(void *memory);

WRAPPED void *
__wrap_malloc(size_t bytes)
{
	if (fails_now()) {
		errno = ENOMEM;
		return NULL;
	}
	return filled(counted(__real_malloc(bytes)), bytes);
}

WRAPPED void *
__wrap_calloc(size_t n, size_t bytes)
{
	if (fails_now()) {
		errno = ENOMEM;
		return NULL;
	}
	return counted(__real_calloc(n, bytes));
}

WRAPPED void *
__wrap_realloc(void *memory, size_t bytes)
{
	if (fails_now()) {
		errno = ENOMEM;
		return NULL;
	}
	void *moved = __real_realloc(memory, bytes);

	allocator.live += moved != NULL && memory == NULL;
	return moved;
}

WRAPPED void *
__wrap_aligned_alloc(size_t align, size_t bytes)
{
	if (fails_now()) {
		errno = ENOMEM;
		return NULL;
	}
	return filled(counted(__real_aligned_alloc(align, bytes)), bytes);
}

/* Leaves errno alone, as the real one does. */
WRAPPED int
__wrap_posix_memalign(void **memory, size_t align, size_t bytes)
{
	if (fails_now())
		return ENOMEM;

	int status = __real_posix_memalign(memory, align, bytes);

	allocator.live += status == 0;
	if (status == 0)
		filled(*memory, bytes);
	return status;
}

WRAPPED void
__wrap_free(void *memory)
{
	allocator.live -= memory != NULL;
	__real_free(memory);
}
