/* SPDX-License-Identifier: MIT */
/*
 * What a compiler calls in code built with -fsanitize=thread.  gcc and clang
 * agree on these names but for two; of 16 bytes none is defined, so that such
 * an atomic object does not even link.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "interleave.h"
#include "memory.h"
#include "race.h"
#include "trace.h"

#define FROM() trace_from(__builtin_return_address(0))

void __tsan_init(void);
void __tsan_func_entry(void *caller);
void __tsan_func_exit(void);
void __tsan_acquire(void *address);
void __tsan_release(void *address);
void __tsan_atomic_thread_fence(int order);
void __tsan_atomic_signal_fence(int order);
void __tsan_read_range(void *address, size_t bytes);
void __tsan_write_range(void *address, size_t bytes);
void *__tsan_memset(void *to, int value, size_t bytes);
void *__tsan_memcpy(void *to, const void *from, size_t bytes);
void *__tsan_memmove(void *to, const void *from, size_t bytes);
void __assert_fail(const char *assertion, const char *file, unsigned line,
		   const char *function);

void
__tsan_init(void)
{
}

void
__tsan_func_entry(void *caller)
{
	(void)caller;
}

void
__tsan_func_exit(void)
{
}

/* What the code claims of an order that is not its own; lock.c knows better. */
void
__tsan_acquire(void *address)
{
	(void)address;
}

void
__tsan_release(void *address)
{
	(void)address;
}

void
__tsan_atomic_thread_fence(int order)
{
	(void)order;
	interleave_fail("a stand-alone fence: it is not modelled");
}

void
__tsan_atomic_signal_fence(int order)
{
	(void)order;
	interleave_fail("a stand-alone fence: it is not modelled");
}

void
__tsan_read_range(void *address, size_t bytes)
{
	race_read(address, bytes);
}

void
__tsan_write_range(void *address, size_t bytes)
{
	race_write(address, bytes);
}

/* clang's from 15 on, for an initializer as well. */
void *
__tsan_memset(void *to, int value, size_t bytes)
{
	race_write(to, bytes);
	return memset(to, value, bytes);
}

void *
__tsan_memcpy(void *to, const void *from, size_t bytes)
{
	race_read(from, bytes);
	race_write(to, bytes);
	return memcpy(to, from, bytes);
}

void *
__tsan_memmove(void *to, const void *from, size_t bytes)
{
	race_read(from, bytes);
	race_write(to, bytes);
	return memmove(to, from, bytes);
}

/* A failed assertion of the code under test. */
void
__assert_fail(const char *assertion, const char *file, unsigned line,
	      const char *function)
{
	(void)function;
	interleave_fail("%s:%u: assertion failed: %s", file, line, assertion);
}

/* clang-format off */
#define PLAIN(name, bytes) \
	void __tsan_read##name(void *address); \
	void __tsan_write##name(void *address); \
	void __tsan_read_write##name(void *address); \
	void __tsan_read##name(void *address) \
	{ \
		race_read(address, bytes); \
	} \
	void __tsan_write##name(void *address) \
	{ \
		race_write(address, bytes); \
	} \
	void __tsan_read_write##name(void *address) \
	{ \
		race_write(address, bytes); \
	}

PLAIN(1, 1)
PLAIN(2, 2)
PLAIN(4, 4)
PLAIN(8, 8)
PLAIN(16, 16)

#define UNALIGNED(name, bytes) \
	void __tsan_unaligned_read##name(void *address); \
	void __tsan_unaligned_write##name(void *address); \
	void __tsan_unaligned_read##name(void *address) \
	{ \
		race_read(address, bytes); \
	} \
	void __tsan_unaligned_write##name(void *address) \
	{ \
		race_write(address, bytes); \
	}

UNALIGNED(2, 2)
UNALIGNED(4, 4)
UNALIGNED(8, 8)
UNALIGNED(16, 16)

#define MODIFY(bits, name, operation) \
	uint##bits##_t __tsan_atomic##bits##_##name( \
		volatile void *address, uint##bits##_t value, int order); \
	uint##bits##_t __tsan_atomic##bits##_##name( \
		volatile void *address, uint##bits##_t value, int order) \
	{ \
		FROM(); \
		return (uint##bits##_t)memory_modify( \
			address, bits / 8, operation, value, order); \
	}

#define COMPARE(bits, name, weak) \
	int __tsan_atomic##bits##_compare_exchange_##name( \
		volatile void *address, uint##bits##_t *expected, \
		uint##bits##_t desired, int success, int failure); \
	int __tsan_atomic##bits##_compare_exchange_##name( \
		volatile void *address, uint##bits##_t *expected, \
		uint##bits##_t desired, int success, int failure) \
	{ \
		uint64_t old = *expected; \
		FROM(); \
		bool done = memory_compare_exchange( \
			address, bits / 8, &old, desired, success, failure, \
			weak); \
		*expected = (uint##bits##_t)old; \
		return done; \
	}

/* clang's: what was there; it does not say that the exchange is weak. */
#define COMPARE_VALUE(bits) \
	uint##bits##_t __tsan_atomic##bits##_compare_exchange_val( \
		volatile void *address, uint##bits##_t expected, \
		uint##bits##_t desired, int success, int failure); \
	uint##bits##_t __tsan_atomic##bits##_compare_exchange_val( \
		volatile void *address, uint##bits##_t expected, \
		uint##bits##_t desired, int success, int failure) \
	{ \
		uint64_t old = expected; \
		FROM(); \
		memory_compare_exchange(address, bits / 8, &old, desired, \
					success, failure, false); \
		return (uint##bits##_t)old; \
	}

#define ATOMIC(bits) \
	uint##bits##_t __tsan_atomic##bits##_load( \
		const volatile void *address, int order); \
	void __tsan_atomic##bits##_store( \
		volatile void *address, uint##bits##_t value, int order); \
	uint##bits##_t __tsan_atomic##bits##_load( \
		const volatile void *address, int order) \
	{ \
		FROM(); \
		return (uint##bits##_t)memory_load(address, bits / 8, order); \
	} \
	void __tsan_atomic##bits##_store( \
		volatile void *address, uint##bits##_t value, int order) \
	{ \
		FROM(); \
		memory_store(address, bits / 8, value, order); \
	} \
	MODIFY(bits, exchange, EXCHANGE) \
	MODIFY(bits, fetch_add, ADD) \
	MODIFY(bits, fetch_sub, SUBTRACT) \
	MODIFY(bits, fetch_or, OR) \
	MODIFY(bits, fetch_and, AND) \
	MODIFY(bits, fetch_xor, XOR) \
	MODIFY(bits, fetch_nand, NAND) \
	COMPARE(bits, weak, true) \
	COMPARE(bits, strong, false) \
	COMPARE_VALUE(bits)

ATOMIC(8)
ATOMIC(16)
ATOMIC(32)
ATOMIC(64)
/* clang-format on */
