/* SPDX-License-Identifier: MIT */
/* Deciding, and doing what was decided. */
#include "hand.h"

#include <errno.h>
#include <limits.h>

#include "base/random.h"

enum deed {
	BORROW,
	BORROW_BULK,
	RETURN,
	RETURN_BULK,
	SWAP,
	BORROW_THREAD,
	RETURN_THREAD,
	REATTACH,
	WATCH,
	RESERVE,
	TRIM,
	PLACE,
	MOVE,
	PARK,
	N_DEEDS
};

/* Of 1,024 decisions. */
static const unsigned shares[N_DEEDS] = {
	[BORROW] = 276,       [BORROW_BULK] = 80, [RETURN] = 280,
	[RETURN_BULK] = 80,   [SWAP] = 180,       [BORROW_THREAD] = 50,
	[RETURN_THREAD] = 50, [REATTACH] = 4,     [WATCH] = 4,
	[RESERVE] = 4,        [TRIM] = 4,         [PLACE] = 4,
	[MOVE] = 4,           [PARK] = 4,
};

/* All of it from one random number, whatever the hand holds. */
struct decision {
	enum deed deed;
	/* Which loan, mailbox, CPU; how many: reduced to what there is. */
	uint32_t which, n;
};

static struct decision
decide(struct hand *hand)
{
	uint64_t dice = random_next(&hand->random);
	unsigned share = (unsigned)(dice >> 54);
	enum deed deed = 0;

	while (deed < PARK && share >= shares[deed])
		share -= shares[deed++];
	struct decision decision = {
		.deed = deed,
		.which = (uint32_t)(dice >> 27) & 0x7ffffff,
		.n = (uint32_t)dice & 0x7ffffff,
	};

	hand->digest = random_seed(hand->digest ^ dice, deed);
	return decision;
}

/* Moves a loan to the end.  pre: it has one */
static void
shuffle(struct hand *hand, uint32_t which)
{
	size_t i = which % hand->n;
	void *loan = hand->loans[i];

	hand->loans[i] = hand->loans[hand->n - 1];
	hand->loans[hand->n - 1] = loan;
}

/* Less than asked for is right only if the constructor refused. */
static void
check_got(const struct hand *hand, size_t asked, size_t got)
{
	if (got == asked)
		return;
	if (!hand->table->tally.refuse_one_in || errno != TALLY_REFUSAL)
		harness_fail("objects borrowed", asked, got);
}

static void
borrow(struct hand *hand, struct dp_worker *worker)
{
	struct loan *loan = tally_borrow(&hand->table->tally, worker);

	check_got(hand, 1, loan != NULL);
	if (loan)
		hand->loans[hand->n++] = loan;
}

static void
borrow_bulk(struct hand *hand, uint32_t dice)
{
	size_t n = dice % (HAND_BULK_MAX + 1);
	size_t got = tally_borrow_bulk(&hand->table->tally, hand->worker,
				       hand->loans + hand->n, n);

	check_got(hand, n, got);
	hand->n += got;
}

static void
return_one(struct hand *hand, struct dp_worker *worker, uint32_t which)
{
	shuffle(hand, which);
	tally_return(&hand->table->tally, worker, hand->loans[--hand->n]);
}

static void
return_bulk(struct hand *hand, uint32_t dice)
{
	size_t n = 1 + dice % HAND_BULK_MAX;

	n = n < hand->n ? n : hand->n;
	hand->n -= n;
	tally_return_bulk(&hand->table->tally, hand->worker,
			  hand->loans + hand->n, n);
}

/* Leaves a loan in a mailbox and takes what lies there. */
static void
swap(struct hand *hand, const struct decision *decision)
{
	uint32_t i = decision->n % MAILBOXES;
	struct loan *mine = NULL;

	if (hand->n > 0) {
		shuffle(hand, decision->which);
		mine = hand->loans[--hand->n];
	}
	/* TM1 acq_rel: pairs with TM1.  Hands over mine and theirs. */
	struct loan *theirs = atomic_exchange_explicit(
		&hand->table->mailboxes[i], mine, memory_order_acq_rel);

	if (theirs)
		hand->loans[hand->n++] = theirs;
}

static void
reattach(struct hand *hand)
{
	tally_detach(&hand->table->tally, hand->worker);
	hand->worker = tally_attach(&hand->table->tally);
}

static void
watch(struct hand *hand)
{
	struct dp_stats stats;

	dp_pool_stats(hand->table->tally.pool, &stats);
	if (stats.workers > stats.peak_workers)
		harness_fail("workers, at most", stats.peak_workers,
			     stats.workers);
	if (stats.constructed < stats.destructed)
		harness_fail("objects constructed, at least", stats.destructed,
			     stats.constructed);
}

static void
reserve(struct hand *hand, uint32_t dice)
{
	struct tally *tally = &hand->table->tally;
	size_t n = 1 + dice % (2 * tally->magazine_size);

	if (n > hand->to_reserve)
		return;
	int status = tally_reserve(tally, n);

	if (status == 0)
		hand->to_reserve -= n;
	else if (!tally->refuse_one_in || status != -TALLY_REFUSAL)
		harness_fail("reserve", 0, (uint64_t)status);
}

/* As -1, as a CPU that there is, or as any number at all. */
static void
place(struct hand *hand, const struct decision *decision)
{
	static const uint32_t ranges[] = { 1, 8, INT_MAX };
	int cpu = (int)(decision->which % ranges[decision->n % 3]) - 1;

	dp_worker_place(hand->worker, cpu);
}

/* The thread goes to one of the CPUs, or may run on all. */
static void
move(const struct hand *hand, uint32_t which)
{
	const cpu_set_t *all = &hand->table->cpus;
	int skip = (int)(which % (unsigned)(CPU_COUNT(all) + 1));
	cpu_set_t one;
	int cpu = 0;

	CPU_ZERO(&one);
	while (cpu < CPU_SETSIZE && (!CPU_ISSET(cpu, all) || skip-- > 0))
		cpu++;
	if (cpu < CPU_SETSIZE)
		CPU_SET(cpu, &one);
	if (sched_setaffinity(0, sizeof(one), cpu < CPU_SETSIZE ? &one : all))
		harness_fail("sched_setaffinity: errno", 0, (uint64_t)errno);
}

static bool
borrows(enum deed deed)
{
	return deed == BORROW || deed == BORROW_BULK || deed == BORROW_THREAD;
}

static bool
returns(enum deed deed)
{
	return deed == RETURN || deed == RETURN_BULK || deed == RETURN_THREAD;
}

static void
act(struct hand *hand, const struct decision *decision)
{
	enum deed deed = decision->deed;

	if (borrows(deed) && hand->n >= HAND_LOANS)
		deed = RETURN;
	else if (returns(deed) && hand->n == 0)
		deed = BORROW;
	switch (deed) {
	case BORROW:
	case BORROW_THREAD:
		borrow(hand, deed == BORROW ? hand->worker : NULL);
		break;
	case BORROW_BULK:
		borrow_bulk(hand, decision->n);
		break;
	case RETURN:
	case RETURN_THREAD:
		return_one(hand, deed == RETURN ? hand->worker : NULL,
			   decision->which);
		break;
	case RETURN_BULK:
		return_bulk(hand, decision->n);
		break;
	case SWAP:
		swap(hand, decision);
		break;
	case REATTACH:
		reattach(hand);
		break;
	case WATCH:
		watch(hand);
		break;
	case RESERVE:
		reserve(hand, decision->n);
		break;
	case TRIM:
		if (hand->table->trims)
			tally_trim(&hand->table->tally,
				   decision->n % 2 * decision->which % 64);
		break;
	case PLACE:
		place(hand, decision);
		break;
	case MOVE:
		move(hand, decision->which);
		break;
	default:
		dp_worker_park(hand->worker);
	}
}

void
hand_work(struct hand *hand, unsigned n)
{
	while (n-- > 0) {
		struct decision decision = decide(hand);

		act(hand, &decision);
	}
}

void
hand_clear(struct hand *hand)
{
	tally_return_bulk(&hand->table->tally, hand->worker, hand->loans,
			  hand->n);
	hand->n = 0;
}

void
hand_clear_mailboxes(struct table *table)
{
	struct dp_worker *worker = tally_attach(&table->tally);

	for (int i = 0; i < MAILBOXES; i++) {
		/* TM2 relaxed: the hands were joined. */
		struct loan *loan = atomic_exchange_explicit(
			&table->mailboxes[i], NULL, memory_order_relaxed);

		if (loan)
			tally_return(&table->tally, worker, loan);
	}
	tally_detach(&table->tally, worker);
}
