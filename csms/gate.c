#include "csms/gate.h"

#include "common/clock.h"
#include "csms/hasher.h"
#include "csms/metrics.h"
#include "csms/password.h"
#include "csms/throttle.h"

#define PATH_PREFIX     "/ocpp/"
#define CREDENTIALS_MAX 512

/* Slow hashes may take half of the time of the loop; the rest is for those who are in. */
#define HASH_SHARE 0.5
#define HASH_BURST (5 * SECOND_US)

static int
refuse(struct gate_verdict *v, int status, const char *reason)
{
	v->status = status;
	v->reason = reason;
	return status;
}

/* The last segment of /ocpp/<stationId>, part 4 3.1.1.  A '/' inside was "%2F": no identity has one. */
static bool
find_identity(struct slice path, struct slice *identity_out)
{
	const size_t prefix = sizeof(PATH_PREFIX) - 1;

	if (path.len <= prefix || memcmp(path.ptr, PATH_PREFIX, prefix) != 0)
		return false;
	path = slice_from(path.ptr + prefix, path.len - prefix);
	if (path.len > STATION_NAME_MAX || memchr(path.ptr, '/', path.len) != NULL)
		return false;
	*identity_out = path;
	return true;
}

/* Is ocpp2.0.1 in the client's list? */
static bool
offers_our_protocol(struct slice list)
{
	size_t at = 0;

	while (at < list.len) {
		size_t end = at;
		struct slice name;

		while (end < list.len && list.ptr[end] != ',')
			end++;
		name = slice_from(list.ptr + at, end - at);
		while (name.len > 0 && (*name.ptr == ' ' || *name.ptr == '\t'))
			name = slice_from(name.ptr + 1, name.len - 1);
		while (name.len > 0 &&
		       (name.ptr[name.len - 1] == ' ' || name.ptr[name.len - 1] == '\t'))
			name.len--;
		if (slice_equal(name, SLICE("ocpp2.0.1")))
			return true;
		at = end + 1;
	}
	return false;
}

/* False when this second's share is used up. */
static bool
take_hash_time(int64_t now_mono, int64_t *spent)
{
	static double budget = HASH_BURST;
	static int64_t at_mono;

	budget += HASH_SHARE * (double)(now_mono - at_mono) - (double)*spent;
	if (budget > HASH_BURST)
		budget = HASH_BURST;
	at_mono = now_mono;
	*spent = 0;
	return budget > 0;
}

enum check { CHECK_RIGHT, CHECK_WRONG, CHECK_LATER };

/* The slow way, within its share of time. */
static enum check
check_slowly(const struct node *node, const struct station *station, struct slice password)
{
	static int64_t spent;
	int64_t from = clock_mono();
	bool right = false;

	if (!take_hash_time(from, &spent))
		return CHECK_LATER;
	if (station != NULL && station->password_hash != NULL)
		right = password_matches(password, station->password_hash);
	else
		password_waste(password, (int)node->settings.security.password_cost);
	spent = clock_mono() - from;
	return right ? CHECK_RIGHT : CHECK_WRONG;
}

/* A password that was right before is known at once, whatever else is going on at the gate. */
static bool
known_password(const struct station *station, struct slice password)
{
	return station != NULL && station->verified &&
	       password_verifier_matches(password, station->verifier);
}

static void
remember_password(struct station *station, struct slice password)
{
	password_verifier(password, station->verifier);
	station->verified = true;
}

/* Without time for it the check goes to the thread: when the station comes again, the answer is known. */
static enum check
check_password(const struct node *node, const struct gate_request *q, struct station *station,
    struct slice password)
{
	enum check check = check_slowly(node, station, password);

	if (check == CHECK_RIGHT)
		remember_password(station, password);
	if (check == CHECK_LATER && station != NULL && station->password_hash != NULL)
		(void)hasher_check(node->hasher, station->id, q->address,
		    slice_cstr(station->password_hash), password);
	return check;
}

void
gate_checked(void *ctx, const struct hasher_result *result)
{
	struct node *node = ctx;
	struct station *station = directory_station_by_id(node->directory, result->station);

	if (station == NULL || station->password_hash == NULL ||
	    !slice_equal(slice_cstr(station->password_hash), result->hash))
		return; /* changed meanwhile: says nothing about the password that counts now */
	if (result->right)
		remember_password(station, result->password);
	else
		throttle_failed(
		    node->throttle, result->address, slice_cstr(station->name), clock_mono());
}

/* Profile 3: the certificate speaks for the station, and a wrong one against it. */
static int
judge_certificate(const struct node *node, const struct gate_request *q, struct gate_verdict *v,
    const struct station *station)
{
	const char *operator_name = node->settings.tls.operator_name;

	if (station == NULL)
		return refuse(
		    v, node->settings.security.hide_unknown ? 401 : 404, "unknown station");
	if (!slice_equal_nocase(q->common_name, slice_cstr(station->certificate_cn)))
		return refuse(v, 401, "certificate of another identity");
	if (operator_name != NULL && *operator_name != '\0' &&
	    !slice_equal(q->organisation, slice_cstr(operator_name)))
		return refuse(v, 401, "certificate of another operator");
	v->security_profile = 3;
	return 0;
}

/* Profiles 1 and 2: identity = user name (A00.FR.204). */
static int
judge_basic(const struct node *node, const struct gate_request *q, struct gate_verdict *v,
    struct station *station)
{
	char text[CREDENTIALS_MAX];
	struct slice user, password;
	enum check check;

	if (!password_basic(q->authorization, text, sizeof(text), &user, &password))
		return refuse(v, 401, "no or unreadable credentials");
	if (!slice_equal_nocase(user, v->identity))
		station = NULL; /* costs and answers the same as a wrong password */
	check = known_password(station, password) ? CHECK_RIGHT
						  : check_password(node, q, station, password);
	if (check == CHECK_LATER)
		return refuse(v, 503, "too many first checks");
	if (check == CHECK_WRONG) {
		bool unknown = directory_station(node->directory, v->identity) == NULL;

		if (unknown && !node->settings.security.hide_unknown)
			return refuse(v, 404, "unknown station");
		return refuse(v, 401, unknown ? "unknown station" : "wrong credentials");
	}
	v->security_profile = q->tls ? 2 : 1;
	return 0;
}

static int
judge_credentials(struct node *node, const struct gate_request *q, struct gate_verdict *v)
{
	struct station *station = directory_station(node->directory, v->identity);
	int status = q->certificate ? judge_certificate(node, q, v, station)
				    : judge_basic(node, q, v, station);

	if (status != 0) {
		v->failed = status == 401 || status == 404;
		return status;
	}
	if (v->security_profile < station->security_profile)
		return refuse(v, 401, "security profile too low"); /* A05.FR.07 */
	if (station->blocked)
		return refuse(v, 403, "blocked by the operator");
	v->station = station;
	return 0;
}

/* Would the throttle let it through?  A password known to be right is never throttled. */
static bool
throttled(struct node *node, const struct gate_request *q, const struct gate_verdict *v)
{
	char text[CREDENTIALS_MAX];
	struct slice user, password;

	if (throttle_allows(node->throttle, q->address, v->identity, clock_mono()))
		return false;
	return q->certificate ||
	       !password_basic(q->authorization, text, sizeof(text), &user, &password) ||
	       !slice_equal_nocase(user, v->identity) ||
	       !known_password(directory_station(node->directory, v->identity), password);
}

void
gate_decide(struct node *node, const struct gate_request *q, struct gate_verdict *v)
{
	*v = (struct gate_verdict){ .reason = "" };
	if (!find_identity(q->path, &v->identity)) {
		refuse(v, 404, "no station path");
	} else if (!offers_our_protocol(q->protocols)) {
		refuse(v, 400, "no common subprotocol"); /* TC_B_58: do not upgrade */
	} else if (node->out_of_service || !node_is_ready(node)) {
		metrics.handshakes_unavailable++;
		refuse(v, 503, "database away");
	} else if (throttled(node, q, v)) {
		metrics.handshakes_throttled++;
		refuse(v, 429, "too many failures");
	} else if (judge_credentials(node, q, v) != 0 && v->failed) {
		metrics.handshakes_unauthorised++;
		throttle_failed(node->throttle, q->address, v->identity, clock_mono());
	}
	if (v->status != 0)
		metrics.handshakes_refused++;
}
