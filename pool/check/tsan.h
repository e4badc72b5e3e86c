/* SPDX-License-Identifier: MIT */
/*
 * What ThreadSanitizer cannot see of other people's libraries, it is told: all
 * before a release is ordered before all after an acquire of the same address.
 */
#ifndef TSAN_H
#define TSAN_H

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define __SANITIZE_THREAD__ 1
#endif
#endif

#ifdef __SANITIZE_THREAD__
void __tsan_acquire(void *);
void __tsan_release(void *);
#define TSAN_ACQUIRE(address) __tsan_acquire(address)
#define TSAN_RELEASE(address) __tsan_release(address)
#else
#define TSAN_ACQUIRE(address) ((void)(address))
#define TSAN_RELEASE(address) ((void)(address))
#endif

#endif
