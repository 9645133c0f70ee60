/* Student's interval. */
#include "harness/stats/student.h"
#include "harness/stats/sample.h"

#include <math.h>
#include <stdbool.h>

enum { BISECTIONS = 200 /* ends at neighbouring doubles long before */ };

double student_share(double t, size_t freedom)
{
	const double pi = 3.14159265358979323846;
	double angle = atan(t / sqrt((double)freedom)), cosine = cos(angle);
	bool odd = freedom % 2 == 1;
	double term = odd ? cosine : 1, sum = 0;

	/* terms of cosine^p up to p = freedom - 2 */
	for (size_t p = odd; p + 2 <= freedom; p += 2) {
		sum += term;
		term *= cosine * cosine * (double)(p + 1) / (double)(p + 2);
	}
	return odd ? 2 / pi * (angle + sin(angle) * sum) : sin(angle) * sum;
}

double student_quantile(double share, size_t freedom)
{
	double low = 0, high = 1;

	while (student_share(high, freedom) < share)
		high *= 2;
	for (int i = 0; i < BISECTIONS; i++) {
		double middle = low + (high - low) / 2;

		if (student_share(middle, freedom) < share)
			low = middle;
		else
			high = middle;
	}
	return high;
}

struct student student_interval(const double *values, size_t count, double overlap)
{
	struct student out = {NAN, NAN, NAN, 0};
	double squares = 0, n, half;

	out.mean = sample_mean(values, count, &out.count);
	if (out.count < 2)
		return out;
	n = (double)out.count;
	for (size_t i = 0; i < count; i++)
		if (!isnan(values[i]))
			squares += (values[i] - out.mean) * (values[i] - out.mean);
	half = student_quantile(0.95, out.count - 1) * sqrt((1 / n + overlap) * squares / (n - 1));
	out.low = out.mean - half;
	out.high = out.mean + half;
	return out;
}
