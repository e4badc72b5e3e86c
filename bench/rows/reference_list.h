/* SPDX-License-Identifier: MIT */
/*
 * References whose pool is a list or a stack of free objects, shared or each
 * thread's own.  They lend memory of malloc(), construct an object when there
 * is none to lend, and keep a free object's link in its first word.
 */
#ifndef REFERENCE_LIST_H
#define REFERENCE_LIST_H

#include "reference.h"

/* A free object.  Owner: the list that it is in. */
struct link {
	struct link *next;
};

/*
 * A thread's own list.  Owner: that thread; when it has ended, nobody until
 * the subject is closed.
 */
struct list {
	struct link *first;
	struct link *last; /* where the reference appends */
	size_t length;     /* where the reference has a cap */
	struct list *older;
};

/* The rare case of a borrow: a new object, or NULL and errno. */
static __attribute__((noinline)) void *
account_construct(struct account *a)
{
	void *object = malloc(a->object_bytes);

	if (object != NULL)
		account_add(&a->constructed, 1);
	return object;
}

/* What a borrow found, or a new object if that is NULL. */
static inline void *
account_lend(struct account *a, void *found)
{
	if (found == NULL)
		return account_construct(a);
	account_add(&a->kept, -1);
	return found;
}

/* Frees a chain of objects.  Returns how many. */
static inline int64_t
links_free(struct link *first)
{
	int64_t n = 0;

	while (first != NULL) {
		struct link *next = first->next;

		free(first);
		first = next;
		n++;
	}
	return n;
}

/* For references that lend the oldest first.  Returns the length. */
static inline size_t
list_append(struct list *list, struct link *link)
{
	link->next = NULL;
	if (list->first == NULL)
		list->first = link;
	else
		list->last->next = link;
	list->last = link;
	return ++list->length;
}

/* The oldest; NULL: it is empty. */
static inline struct link *
list_take(struct list *list)
{
	struct link *link = list->first;

	if (link == NULL)
		return NULL;
	list->first = link->next;
	list->length--;
	return link;
}

/* Frees all lists and what is in them.  Returns how many objects. */
static inline int64_t
lists_free(struct subject *s)
{
	int64_t n = 0;

	while (s->lists != NULL) {
		struct list *list = s->lists;

		s->lists = list->older;
		n += links_free(list->first);
		free(list);
	}
	return n;
}

static inline int
subject_open(struct subject *s, const struct workload *w, size_t in_use_ceiling)
{
	int error = reference_open(s, w);

	(void)in_use_ceiling;
	if (error == 0)
		reference.pool_open(s->pool);
	return error;
}

static inline int
subject_close(struct subject *s)
{
	int64_t freed = reference.pool_close(s->pool);

	return reference_close(s, freed + lists_free(s));
}

static inline int
subject_attach(struct subject_worker *worker, struct subject *s, unsigned index)
{
	struct list *list;

	worker->account = &s->accounts[index];
	if (reference.list_cap == 0)
		return 0;
	list = apart_alloc(sizeof(*list));
	if (list == NULL)
		return -ENOMEM;
	pthread_mutex_lock(&s->lock);
	list->older = s->lists;
	s->lists = list;
	s->lists_n++;
	pthread_mutex_unlock(&s->lock);
	worker->account->own = list;
	return 0;
}

/* It constructs when its own list and the shared part are empty. */
static inline size_t
subject_bound(struct subject *s, size_t peak_in_use)
{
	size_t lists_n;

	if (subject_leaks())
		return SIZE_MAX;
	pthread_mutex_lock(&s->lock);
	lists_n = s->lists_n;
	pthread_mutex_unlock(&s->lock);
	return peak_in_use + lists_n * reference.list_cap;
}

static inline bool
subject_borrow_exchanges(struct subject_worker worker)
{
	struct list *list = worker.account->own;

	return list == NULL || list->first == NULL;
}

static inline bool
subject_return_exchanges(struct subject_worker worker)
{
	struct list *list = worker.account->own;

	return list == NULL || list->length >= reference.list_cap;
}

#endif
