/* The columns of the CSV files, and what they mean. */
#include "harness/store/dictionary.h"

#define END                  \
	{                    \
		.name = NULL \
	}

const struct column_doc dictionary_result[] = {
	{"cell", "text", "", "",
	 "id of the cell: a hash of the resolved options of its training, and of its data; names, "
	 "attacks, "
	 "certificates and selections are no part of it"},
	{"data", "text", "", "", "name of the data set"},
	{"method", "text", "", "", "name of the entry of `train`"},
	{"solver", "text", "", "", "name of the trainer"},
	{"loss", "text", "", "", "name of the loss"},
	{"repetition", "1", "", "", "number of the repetition, from 0"},
	{"status", "text", "", "",
	 "ok, failed, timeout, oom, crashed, skipped, interrupted or damaged; only ok enters "
	 "statistics"},
	{"outcome", "text", "", "",
	 "how training ended: converged (it reached what `stop` asks for or the method's own end), "
	 "iteration_limit, time_limit, stalled, diverged"},
	{"suspect", "text", "delivered", "", "why the result is degenerate; empty if it is not"},
	{"n_train", "samples", "", "train", "training samples"},
	{"n_validation", "samples", "", "validation", "validation samples"},
	{"n_test", "samples", "", "test", "test samples"},
	{"d", "columns", "", "", "prepared features, a bias column included"},
	{"iterations", "1", "iterate", "train", "steps of the method; of backprop epochs"},
	{"objective", "1", "delivered", "train",
	 "what `gap` is about: loss + weight decay, or of robust methods the worst case over the "
	 "balls (`objective_of`); empty where the worst case is not known"},
	{"objective_of", "text", "", "", "network, or worst case: which of them `objective` is"},
	{"objective_network", "1", "delivered", "train",
	 "loss + weight decay on clean data, for every method"},
	{"objective_zero", "1", "zero network", "train",
	 "objective of the network without neurons"},
	{"lower_bound", "1", "program", "train",
	 "no point of the method's program is lower; of all certificates the largest"},
	{"bound_scope", "text", "program", "",
	 "sampled: the bound is of the sampled patterns or neurons; all: of every network"},
	{"gap", "share", "delivered", "train",
	 "max(0, objective - lower_bound) / objective; 0 where both are 0"},
	{"gap_zero", "share", "delivered", "train",
	 "max(0, objective - lower_bound) / objective_zero"},
	{"gap_raw", "share", "delivered", "train",
	 "`gap` with its sign: below 0 by rounding, or where a network outside of the program is "
	 "lower"},
	{"feasibility", "1", "iterate", "train",
	 "largest violation of a constraint by the last iterate, relative"},
	{"delivered", "text", "delivered", "",
	 "iterate, or repaired: the feasible, rescaled point of a certificate"},
	{"train_accuracy", "share", "delivered", "train", "correct signs"},
	{"validation_accuracy", "share", "delivered", "validation", "correct signs"},
	{"validation_robust_accuracy", "share", "delivered", "validation",
	 "correct signs under the attack of a selection"},
	{"test_accuracy", "share", "delivered", "test", "correct signs; an output of 0 is wrong"},
	{"majority", "share", "", "test",
	 "points of the larger class; of the training part where there is no test part"},
	{"train_rmse", "target", "delivered", "train",
	 "root of the mean squared error, in units of the (standardised) target"},
	{"test_rmse", "target", "delivered", "test", "the same"},
	{"train_r2", "1", "delivered", "train",
	 "1 - squared errors / squared deviations from the part's mean"},
	{"test_r2", "1", "delivered", "test", "the same"},
	{"load_s", "s", "", "", "reading and preparing the data"},
	{"setup_s", "s", "", "", "setup of the method, a start network included"},
	{"solve_s", "s", "", "", "iterations of the method"},
	{"eval_s", "s", "", "",
	 "evaluations, certificates of the gap included; on no method's clock"},
	{"certificate_s", "s", "", "", "the part of eval_s that certificates of the gap took"},
	{"violation_s", "s", "", "", "fresh patterns or neurons"},
	{"attack_s", "s", "", "", "attacks"},
	{"select_s", "s", "", "", "the attack of a selection"},
	{"certify_s", "s", "", "", "certificates of robustness"},
	{"load_cpu_s", "CPU s", "", "", "processor time of load_s, of all threads"},
	{"setup_cpu_s", "CPU s", "", "", "the same of setup_s"},
	{"solve_cpu_s", "CPU s", "", "", "the same of solve_s"},
	{"eval_cpu_s", "CPU s", "", "", "the same of eval_s"},
	{"certificate_cpu_s", "CPU s", "", "", "the same of certificate_s"},
	{"violation_cpu_s", "CPU s", "", "", "the same of violation_s"},
	{"attack_cpu_s", "CPU s", "", "", "the same of attack_s"},
	{"select_cpu_s", "CPU s", "", "", "the same of select_s"},
	{"certify_cpu_s", "CPU s", "", "", "the same of certify_s"},
	{"evaluations", "1", "", "", "rows of the trace"},
	{"date", "ISO 8601", "", "", "when the cell was started, with the time zone"},
	{"timing", "text", "", "",
	 "disturbed: why the cell's times are not to be trusted; empty if they are"},
	{"switches_voluntary", "1", "", "",
	 "voluntary context switches of training and evaluations"},
	{"switches_involuntary", "1", "", "", "involuntary ones"},
	{"core_share", "share", "", "",
	 "of the time in which threads could run that they had a core"},
	{"load_average", "1", "", "", "load average of the machine when the cell was started"},
	{"peak_mem_bytes", "bytes", "", "",
	 "largest resident memory of the process until training ended"},
	{"threads", "1", "", "", "threads of the cell"},
	{"threads_reason", "text", "", "", "why it had so many, where it chose them"},
	{"blas_core", "text", "", "", "kernels that BLAS chose"},
	{"program", "text", "", "",
	 "version and commit of the program that computed it; behind `+`, where the commit had "
	 "been "
	 "changed, the start of a hash of the changes"},
	{"host", "text", "", "", "name of the machine"},
	{"cpu", "text", "", "", "model of its processor"},
	{"patterns", "1", "program", "train",
	 "distinct activation patterns, or neurons, in the program"},
	{"neurons", "1", "delivered", "", "neurons of the network"},
	{"fresh", "1", "program", "train", "patterns or neurons drawn anew after training"},
	{"violation", "share", "program", "train",
	 "of the fresh ones, those that the program lacks and that would lower its optimum; known "
	 "where "
	 "the gap of the last certificate is below 1e-3"},
	{"violation_lo", "share", "program", "train",
	 "lower end of its Clopper-Pearson 95 % interval"},
	{"violation_hi", "share", "program", "train", "upper end"},
	{"precision", "text", "", "", "double or single: scalar type of the solver"},
	{"seed", "1", "", "", "master seed of the spec"},
	{"note", "text", "", "", "what the method chose by itself and why, what was passed over"},
	{"message", "text", "", "", "the error of a cell that is not ok"},
	END,
};

const struct column_doc dictionary_trace[] = {
	{"iteration", "1", "iterate", "train", "steps of the method so far; of backprop epochs"},
	{"seconds", "s", "", "", "setup and solve so far"},
	{"certificate_s", "s", "", "",
	 "certificates of the gap so far; a gap costs this beside `seconds`"},
	{"objective", "1", "delivered", "train", "as in summary.csv, of the best network so far"},
	{"objective_network", "1", "delivered", "train", "as in summary.csv"},
	{"lower_bound", "1", "program", "train", "the largest bound so far"},
	{"gap", "share", "delivered", "train", "as in summary.csv"},
	{"gap_zero", "share", "delivered", "train", "as in summary.csv"},
	{"gap_feasible", "share", "program", "train",
	 "the gap of the best point of the program itself, which a stop at a gap asks for"},
	{"objective_iterate", "1", "iterate", "train",
	 "objective of the method's own program at the iterate, feasible or not"},
	{"primal_residual", "1", "iterate", "train", "relative; of methods that have one"},
	{"dual_residual", "1", "iterate", "train", "relative; of methods that have one"},
	{"train_accuracy", "share", "delivered", "train", "correct signs"},
	{"validation_accuracy", "share", "delivered", "validation", "correct signs"},
	{"test_accuracy", "share", "delivered", "test", "correct signs"},
	END,
};

const struct column_doc dictionary_attack[] = {
	{"attack", "text", "", "", "name of the entry of `attack`"},
	{"norm", "text", "", "", "norm of the ball: linf, l2 or l1"},
	{"eps", "units", "", "", "radius of the ball, in `units`"},
	{"units", "text", "", "", "prepared features, or raw ones"},
	{"accuracy", "share", "delivered", "test", "correct signs without attack"},
	{"robust_accuracy", "share", "delivered", "test",
	 "points that no worst point found breaks; those wrong without attack count as broken"},
	{"robust_accuracy_lo", "share", "delivered", "test",
	 "lower end of its Wilson 95 % interval"},
	{"robust_accuracy_hi", "share", "delivered", "test", "upper end"},
	{"n", "samples", "", "test", "points attacked"},
	{"steps", "1", "", "", "steps of a restart"},
	{"restarts", "1", "", "", "starts per point"},
	{"seconds", "s", "", "", "time of the attack at this eps"},
	{"zero_gradient", "share", "delivered", "test",
	 "points whose gradient says nothing, so that the accuracy may be an illusion"},
	END,
};

const struct column_doc dictionary_certify[] = {
	{"certificate", "text", "", "", "name of the certificate"},
	{"norm", "text", "", "", "norm of the ball: linf, l2 or l1"},
	{"eps", "units", "", "", "radius of the ball, in `units`"},
	{"units", "text", "", "", "prepared features, or raw ones"},
	{"part", "text", "", "", "test or train: the part that is certified"},
	{"accuracy", "share", "delivered", "`part`", "correct signs without attack"},
	{"certified_accuracy", "share", "delivered", "`part`",
	 "points whose sign no perturbation of the ball can change, proven"},
	{"certified_accuracy_lo", "share", "delivered", "`part`",
	 "lower end of its Wilson 95 % interval"},
	{"certified_accuracy_hi", "share", "delivered", "`part`", "upper end"},
	{"undecided", "samples", "delivered", "`part`",
	 "points neither certified nor broken by a point that the certificate found"},
	{"n", "samples", "", "`part`", "points certified"},
	{"seconds", "s", "", "", "time of the certificate at this eps"},
	END,
};

const struct column_doc dictionary_cell[] = {
	{"cell", "text", "", "", "id of the cell"},
	{"data", "text", "", "", "name of the data set"},
	{"method", "text", "", "", "name of the entry of `train`"},
	{"repetition", "1", "", "", "number of the repetition, from 0"},
	END,
};

const struct column_doc dictionary_patterns[] = {
	{"pattern", "1", "program", "", "number of the pattern, from 0"},
	{"source", "text", "program", "", "who proposed it"},
	{"active_share", "share", "program", "train", "samples that it has active"},
	{"largest_eps_lower", "prepared", "program", "train",
	 "up to this radius it admits a neuron other than zero, as a direction shows"},
	{"largest_eps_upper", "prepared", "program", "train",
	 "from above this radius on it admits none, as a weighting of the samples shows; inf: at "
	 "any"},
	{"verdict", "text", "program", "train",
	 "at the radius of the program: admitted, excluded, or undecided"},
	END,
};

const struct column_doc dictionary_plan[] = {
	{"cell", "text", "", "", "id of the cell: the name of its folder"},
	{"data", "text", "", "", "name of the data set"},
	{"method", "text", "", "", "name of the entry of `train`"},
	{"repetition", "1", "", "", "number of the repetition, from 0"},
	{"swept", "text", "", "", "swept values, path=value, separated by semicolons"},
	{"status", "text", "", "",
	 "of the cell when the plan was written; empty: not computed yet"},
	{"request", "text", "", "",
	 "JSON: names and keys of the attacks, certificates and selections that the row asks for, "
	 "what it selects by, its swept values"},
	END,
};

const struct column_doc dictionary_data[] = {
	{"data", "text", "", "", "name of the data set"},
	{"swept", "text", "", "", "swept values of the data"},
	{"sha256", "text", "", "", "of all its files, one after the other; empty: it is generated"},
	{"files", "text", "", "", "their paths"},
	END,
};

const struct column_doc dictionary_inputs[] = {
	{"file", "text", "", "", "path of the file"},
	{"bytes", "bytes", "", "", "its length"},
	{"sha256", "text", "", "", "its SHA-256"},
	END,
};

const struct column_doc dictionary_points[] = {
	{"part", "text", "", "", "train or test"},
	{"x1", "raw", "", "`part`", "first feature"},
	{"x2", "raw", "", "`part`", "second feature"},
	{"y", "1", "", "`part`", "label, -1 or 1, or target"},
	END,
};
