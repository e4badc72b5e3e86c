# SPDX-License-Identifier: MIT
"""controls: the defects to plant, each of which a test must be seen to find.

A change is (file of pool/, text that is there once, text instead).  Orders that
are too weak are planted by ci/mutate.
"""
from typing import NamedTuple


class Control(NamedTuple):
    """Where a defect is planted, and who must find it."""
    program: str
    changes: tuple = ()
    defines: tuple = ()
    scene: str = ''  # only this one, where the others take long


POP_DONE = '''memory_order_acq_rel, memory_order_acquire))
			return m;'''
NEXT_READ = ('uint32_t next =\n			'
             'atomic_load_explicit(&m->next, memory_order_relaxed);')
NEXT_TAG = 'tag_pack(next, tag_next(tag_of(old)))'
TWO_PASSES_PERCPU = '''racks_scan(racks, depot, &first) &&
	       racks_scan(racks, depot, &second) && first == second;'''
TWO_PASSES_TREIBER = '''depot_scan(&backend->depot, &first) &&
	       depot_scan(&backend->depot, &second) && first == second;'''
TWO_PASSES_EMPTIES = '''racks_scan_empties(racks, depot, &first) &&
	       racks_scan_empties(racks, depot, &second) && first == second;'''
AGAIN_EMPTIES = ('while (!racks_lack_empties(&backend->racks, '
                 '&backend->depot));')
AGAIN = 'while (!is_empty(backend));'
AGAIN_PERCPU = 'while (!racks_are_empty(&backend->racks, &backend->depot));'
TAKE_UNTAGGED = '''static struct magazine *
take_untagged(struct dp_pool *pool)
{
	struct stack *s = &pool->backend.depot.full;
	uint64_t old = atomic_load_explicit(&s->head, memory_order_acquire);

	while (tag_index(old)) {
		struct magazine *m =
			magazine_at(&pool->store.table, tag_index(old));
		uint64_t new = tag_pack(atomic_load_explicit(
			&m->next, memory_order_relaxed), tag_of(old));

		if (atomic_compare_exchange_strong_explicit(
			&s->head, &old, new, memory_order_acq_rel,
			memory_order_acquire))
			return m;
	}
	return NULL;
}

'''
CONDEMN = 'static struct magazine *\ncondemn('
TRIM_LOOP = '''	for (uint32_t i = count; i-- > 0;) {
		dp__check_trimmed'''
TRIM_FREES = '''	dp__store_free(&pool->store, m);
	return count;'''
TRIM_DESTRUCTS = '''dp__pool_unmake(pool, m->body[i]);
	}'''
REMOVE_LOCKS = '''	pthread_mutex_lock(&registry->lock);
	change_begin(registry);
	add_departed(registry, &worker->seat.counts);'''
STALE_HERE = '	_Atomic(struct worker *) *here = worker->link.here;\n'
COUNTED = '	/* R4 release: pairs with R1.  Publishes the peak. */'
NUMBER = '	uint32_t n = dp__registry_workers(registry) + 1;'
COUNTED_EARLY = '''	uint32_t n = 1 + atomic_fetch_add_explicit(
		&registry->n_workers, 1, memory_order_release);'''
MOVED = '	change_begin(registry);\n'
REMOVED = '''	add_departed(registry, &worker->seat.counts);
	unlink_worker(worker);
'''
FREES_SLOT = '''	if (m->index == 1) {
		dp__source_free(store->source, m);
		return;
	}
'''
PREVIOUS_GOES = 'w->previous, worker_previous_n(w));'
REFILLED = '	magazine_set_count(empty, 0);\n'
REFILLED_WHOLE = REFILLED + '''
	struct magazine *more = pool_take(w->pool, &w->seat);

	if (more) {
		magazine_set_count(w->previous, 0);
		dp__backend_give_empty(&w->pool->backend, &w->seat,
				       w->previous);
		w->previous = more;
		worker_set_previous_n(w, magazine_count(more));
	}
'''
FLUSHED = '''		*surplus = full;
	return true;'''
FLUSHED_WHOLE = '''		*surplus = full;
	n = worker_previous_n(w);
	full = w->previous;
	w->previous = pool_empty(w->pool, &w->seat);
	worker_set_previous_n(w, 0);
	return pool_give(w->pool, &w->seat, full, n);'''
KEPT = '''	if (worker_previous_n(w) == 0) {
		swap(w);
		return true;
	}
'''
NOT_KEPT = '''	if (worker_previous_n(w) == 0) {
		struct magazine *whole = w->loaded;
		uint32_t all = worker_n(w);

		worker_load(w, pool_empty(w->pool, &w->seat), 0);
		return pool_give(w->pool, &w->seat, whole, all);
	}
'''
PARK_EXCHANGES = '''return atomic_exchange_explicit(&park->places[place], NULL,
					memory_order_acquire);'''
PARK_IN_TWO_STEPS = '''struct magazine *m = atomic_load_explicit(
		&park->places[place], memory_order_acquire);

	atomic_store_explicit(&park->places[place], NULL,
			      memory_order_relaxed);
	return m;'''
PARK_COMPARES = '''	if (!atomic_compare_exchange_strong_explicit(
		    &park->places[place], &m, empty, memory_order_acq_rel,
		    memory_order_acquire))
		return NULL;'''
PARK_STORES = '''	atomic_store_explicit(&park->places[place], empty,
			      memory_order_release);'''
LIMIT_READ = 'atomic_load_explicit(&limit->taken, memory_order_relaxed);'
LIMIT_TAKES = '''!atomic_compare_exchange_weak_explicit(
		&limit->taken, &taken, taken + n, memory_order_relaxed,
		memory_order_relaxed));'''
LIMIT_TAKES_LATER = '''0);
	atomic_store_explicit(&limit->taken, taken + n,
			      memory_order_relaxed);'''
LIMIT_GIVES = '''atomic_fetch_sub_explicit(&limit->taken, n,
					  memory_order_relaxed);'''
LIMIT_GIVES_LATER = '''atomic_store_explicit(&limit->taken,
			atomic_load_explicit(&limit->taken,
			memory_order_relaxed) - n, memory_order_relaxed);'''
GIVES_BACK = '''!atomic_compare_exchange_weak_explicit(
		&reserve->there, &there, left, memory_order_relaxed,
		memory_order_relaxed));'''
GIVES_BACK_LATER = '''0);
	atomic_store_explicit(&reserve->there, left,
			      memory_order_relaxed);'''
COMES = ('atomic_fetch_add_explicit(&reserve->there, n, '
         'memory_order_relaxed);')
COMES_LATER = '''atomic_store_explicit(&reserve->there,
		atomic_load_explicit(&reserve->there, memory_order_relaxed) + n,
		memory_order_relaxed);'''
MARK_READ = 'atomic_load_explicit(&shelf->low, memory_order_relaxed);'
MARK_WRITTEN = ('atomic_store_explicit(&shelf->low, low, '
                'memory_order_relaxed);')
EXCHANGES_ADDED = '''atomic_fetch_add_explicit(&pool->exchanges, n,
						    memory_order_relaxed);'''
DESTRUCTOR_READ = '	void (*destruct)(void *, struct dp_keytable *) = '

CONTROLS = {
    # The tag.
    'tag-removed-stack': Control('interleave-stack', (), ('-DTAG_STEP=0',)),
    'tag-removed-treiber': Control('interleave-depot-treiber', (),
                                   ('-DTAG_STEP=0',)),
    'tag-removed-percpu': Control('interleave-depot-percpu', (),
                                  ('-DTAG_STEP=0',)),
    'tag-of-one-bit': Control('interleave-stack', (), ('-DTAG_BITS=1',)),
    'tag-kept-when-all-is-taken': Control('interleave-stack', (
        ('stack.h', NEXT_TAG, 'tag_pack(next, next ? '
         'tag_next(tag_of(old)) : tag_of(old))'),)),
    'tag-kept-by-trim': Control('interleave-pool-treiber', (
        ('trim.c', ': pool_take(pool, seat);', ': take_untagged(pool);\n'
         '	if (m)\n		pool_taken(pool, seat, m);'),
        ('trim.c', CONDEMN, TAKE_UNTAGGED + CONDEMN)),
        scene='trimmed-and-given'),
    # The stack.
    'next-plain': Control('interleave-stack', (
        ('magazine.h', '_Atomic uint32_t next;', 'uint32_t next;'),
        ('stack.h', '''atomic_store_explicit(&m->next, tag_index(old),
				      memory_order_relaxed);''',
         'm->next = tag_index(old);'),
        ('stack.h', NEXT_READ, 'uint32_t next = m->next;'))),
    'list-lost-stack': Control('interleave-stack', (
        ('stack.h', 'atomic_store_explicit(&m->next, tag_index(old),',
         'atomic_store_explicit(&m->next, 0,'),)),
    'list-lost-mutex': Control('interleave-pool-mutex', (
        ('list.h', 'atomic_store_explicit(&m->next, list->head,',
         'atomic_store_explicit(&m->next, 0,'),)),
    'slot-unmapped': Control('interleave-store', (
        ('store.c', '''	m->body = NULL;
''', '	m->body = NULL;\n' + FREES_SLOT),)),
    'depth-looked-at-once': Control('interleave-stack', (
        ('stack.h', 'if (now == word)', 'if (now != 1)'),), scene='depth'),
    # Emptiness.
    'empty-after-a-failed-exchange-stack': Control('interleave-stack', (
        ('stack.h', POP_DONE, POP_DONE + '\n\t\treturn NULL;'),)),
    'empty-after-one-look-treiber': Control('interleave-depot-treiber', (
        ('backend_treiber.c', AGAIN, 'while (0);'),)),
    'empty-after-one-look-percpu': Control('interleave-depot-percpu', (
        ('backend_percpu.c', AGAIN_PERCPU, 'while (0);'),)),
    'empty-after-one-pass-treiber': Control('interleave-depot-treiber', (
        ('backend_treiber.c', TWO_PASSES_TREIBER,
         'depot_scan(&backend->depot, &first) && second == 0;'),)),
    'empty-after-one-pass-percpu': Control('interleave-depot-percpu', (
        ('racks.h', TWO_PASSES_PERCPU,
         'racks_scan(racks, depot, &first) && second == 0;'),)),
    'empty-without-tags-treiber': Control('interleave-depot-treiber', (
        ('backend_treiber.c', TWO_PASSES_TREIBER,
         TWO_PASSES_TREIBER.replace(' && first == second', '')),)),
    'empty-without-tags-percpu': Control('interleave-depot-percpu', (
        ('racks.h', TWO_PASSES_PERCPU,
         TWO_PASSES_PERCPU.replace(' && first == second', '')),)),
    'no-empty-after-one-look-percpu': Control('interleave-depot-percpu', (
        ('backend_percpu.c', AGAIN_EMPTIES, 'while (0);'),),
        scene='moved-empties'),
    'no-empty-after-one-pass-percpu': Control('interleave-depot-percpu', (
        ('racks.h', TWO_PASSES_EMPTIES,
         'racks_scan_empties(racks, depot, &first) && second == 0;'),),
        scene='moved-empties'),
    'no-empty-without-tags-percpu': Control('interleave-depot-percpu', (
        ('racks.h', TWO_PASSES_EMPTIES,
         TWO_PASSES_EMPTIES.replace(' && first == second', '')),),
        scene='moved-empties'),
    'removal-acquires-only-treiber': Control('interleave-depot-treiber', (
        ('stack.h', POP_DONE, POP_DONE.replace('acq_rel', 'acquire')),)),
    'removal-acquires-only-percpu': Control('interleave-depot-percpu', (
        ('stack.h', POP_DONE, POP_DONE.replace('acq_rel', 'acquire')),)),
    'rack-stranded': Control('interleave-depot-percpu', (
        ('racks.h', '''i < racks->n && !m; i++)
		m = shelf_take''', '''i < 1; i++)
		m = shelf_take'''),
        ('racks.h', '''i < racks->n; i++)
		if (!stack_scan(&racks->rack[i].full''', '''i < 1; i++)
		if (!stack_scan(&racks->rack[i].full'''))),
    'rack-never-used': Control('interleave-depot-percpu', (
        ('racks.h', 'return stack_depth(stack, table) < RACK_MAGAZINES;',
         'return stack == NULL && table == NULL;'),)),
    # Workers.
    'grace-period-skipped': Control('interleave-registry', (
        ('registry.c', '	urcu_bp_synchronize_rcu();\n', ''),)),
    'stale-neighbour': Control('interleave-registry', (
        ('registry.c', REMOVE_LOCKS, STALE_HERE + REMOVE_LOCKS),
        ('registry.c', '	unlink_worker(worker);',
         '	worker->link.here = here;\n	unlink_worker(worker);')),
        scene='both-leaving'),
    'peak-after-the-number': Control('interleave-registry', (
        ('registry.c', COUNTED, '	if (0)'),
        ('registry.c', NUMBER, COUNTED_EARLY)), scene='most'),
    'generation-not-moved': Control('interleave-registry', (
        ('registry.c', MOVED + REMOVED + '	change_end(registry);',
         REMOVED),)),
    'cache-unbounded': Control('interleave-pool-treiber', (
        ('worker.c', 'struct magazine *m = pool_take(w->pool, &w->seat);',
         'struct magazine *m = NULL;'),)),
    'cache-larger-than-configured': Control('interleave-pool-percpu', (
        ('worker.h', '(&w->head.room, room,',
         '(&w->head.room, room * 3 / 2,'),)),
    'only-return-stranded': Control('interleave-pool-percpu', (
        ('attach.c', PREVIOUS_GOES, PREVIOUS_GOES.replace(
            '(w)', '(w) * (counts_get(&w->seat.counts, REFILLS) > 0)')),)),
    'dead-worker-stranded': Control('interleave-pool-percpu', (
        ('donate.c', '		give_partial(pool, seat, m, n, surplus);',
         '		dp__store_free(&pool->store, m);'),)),
    'lent-twice': Control('interleave-pool-treiber', (
        ('worker.c', 'set_n(w, have - part);', 'set_n(w, have);'),)),
    'all-flushed-and-refilled': Control('interleave-edge-treiber', (
        ('worker.c', REFILLED, REFILLED_WHOLE),
        ('worker.c', FLUSHED, FLUSHED_WHOLE))),
    'all-flushed-and-refilled-at-the-edge': Control('interleave-edge-treiber', (
        ('worker.c', REFILLED, REFILLED_WHOLE),
        ('worker.c', FLUSHED, FLUSHED_WHOLE)), scene='edges'),
    'full-magazine-not-kept': Control('interleave-edge-treiber', (
        ('worker.c', KEPT, NOT_KEPT),)),
    # Limits.
    'limit-read-plain': Control('interleave-limit', (
        ('limit.h', LIMIT_READ, '*(uint64_t *)&limit->taken;'),)),
    'limit-taken-in-two-steps': Control('interleave-limit', (
        ('limit.h', LIMIT_TAKES, LIMIT_TAKES_LATER),), scene='last-place'),
    'limit-given-in-two-steps': Control('interleave-limit', (
        ('limit.h', LIMIT_GIVES, LIMIT_GIVES_LATER),), scene='given-back'),
    # What is reserved.
    'reserve-given-back-in-two-steps': Control('interleave-reserve', (
        ('reserve.h', GIVES_BACK, GIVES_BACK_LATER),), scene='given-back'),
    'reserve-comes-in-two-steps': Control('interleave-reserve', (
        ('reserve.h', COMES, COMES_LATER),), scene='given-back'),
    'reserve-gone-before-it-is-there': Control('interleave-reserve', (
        ('reserve.h', 'atomic_fetch_sub_explicit(&reserve->coming, n,',
         'atomic_fetch_add_explicit(&reserve->there, n,'),
        ('reserve.h', COMES, COMES.replace('fetch_add', 'fetch_sub').replace(
            'there', 'coming'))), scene='told'),
    # What was needed.
    'mark-read-plain': Control('interleave-trim-treiber', (
        ('shelf.h', MARK_READ, '*(uint32_t *)&shelf->low;'),)),
    'mark-written-plain': Control('interleave-trim-treiber', (
        ('shelf.h', MARK_WRITTEN, '*(uint32_t *)&shelf->low = low;'),)),
    'exchanges-added-plain': Control('interleave-trim-treiber', (
        ('trim.c', EXCHANGES_ADDED, '*(uint64_t *)&pool->exchanges;\n\n'
         '	*(uint64_t *)&pool->exchanges = before + n;'),)),
    # Parked workers.
    'taken-back-in-two-steps': Control('interleave-park', (
        ('park.h', PARK_EXCHANGES, PARK_IN_TWO_STEPS),)),
    'taken-over-without-comparing': Control('interleave-park', (
        ('park.h', PARK_COMPARES, PARK_STORES),)),
    'parked-and-still-lending': Control('interleave-parked-treiber', (
        ('park.c', '	worker_set_n(w, 0);\n', ''),
        # It would see the object of two first.
        ('twice.c', '== newer->body[0])', '== newer->body[0] && n == 0)'))),
    'destructed-inside-the-walk': Control('interleave-parked-treiber', (
        ('park.c', 'dp__pool_give_any(pool, seat, m, magazine_count(m), '
         'surplus);', 'dp__pool_donate(pool, seat, m, magazine_count(m));'),)),
    'back-with-what-was-taken': Control('interleave-parked-mutex', (
        ('park.c', 'magazine_set_count(empty, 0);',
         'magazine_set_count(empty, 1);'),
        # It would see the garbage first.
        ('twice.c', '	if (!twice)', '	if (!twice || n > 0)'))),
    # Keys.
    'version-not-asked': Control('interleave-keys', (
        ('keys.c', '!destruct || !dp__key_exists(key)', '!destruct'),)),
    'version-asked-first': Control('interleave-keys', (
        ('keys.c', DESTRUCTOR_READ,
         '	bool exists = dp__key_exists(key);\n' + DESTRUCTOR_READ),
        ('keys.c', '!destruct || !dp__key_exists(key)',
         '!destruct || !exists'))),
    # Trim and destroy.
    'destructed-twice': Control('interleave-pool-treiber', (
        ('trim.c', TRIM_DESTRUCTS, TRIM_DESTRUCTS.replace(
            '	}', '		dp__source_destruct('
            '&pool->source, m->body[i]);\n	}')),),
        scene='trimmed'),
    'destroy-without-the-lock': Control('interleave-pool-treiber', (
        ('pool.c', '	pthread_mutex_lock(&pool->registry.lock);\n'
         '	bool attached', '	bool attached'),
        ('pool.c', '	pthread_mutex_unlock(&pool->registry.lock);\n'
         '	return attached', '	return attached')), scene='refused'),
    'freed-under-the-lock': Control('interleave-pool-mutex', (
        ('trim.c', TRIM_LOOP,
         '	dp__backend_lock(&pool->backend);\n' + TRIM_LOOP),
        ('trim.c', TRIM_FREES,
         '	dp__backend_unlock(&pool->backend);\n' + TRIM_FREES)),
        scene='trimmed'),
}
