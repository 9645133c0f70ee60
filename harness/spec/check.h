/* Conditions that no single row can state. */
#ifndef SPEC_CHECK_H
#define SPEC_CHECK_H

#include "harness/spec/bind/bind.h"
#include "harness/spec/sheet.h"
#include "harness/spec/sweep/sweep.h"

/* Position of a key's value, or of the map if the key is not given. */
struct err_place check_place(const struct node *map, const char *key);

/* The name of the experiment suits a folder. */
void check_name(struct problems *problems, const struct node *root, const struct sheet *sheet);

/* Names differ. `list` is the bound `attack`. */
void check_attacks(struct problems *problems, const struct node *root, const struct groups *list);

/* Give unnamed methods the name of their solver; entries have different names. */
void check_data_names(struct bind *bind, const struct sheet *sheet, const struct variants *data);
void check_train_names(struct bind *bind, const struct sheet *sheet, struct variants *train);

/* A fold is a test part of its own. */
void check_folds(struct problems *problems, const struct sheet *sheet, const struct variants *data);

/* train[].data names data sets. */
void check_references(struct problems *problems, const struct sheet *sheet);

/* Each solver can train the loss it is given. */
void check_losses(struct bind *bind, const struct sheet *sheet, const struct variants *train);

/* stop.gap of the experiment and of each entry is one that the precision can certify. */
void check_gaps(struct problems *problems, const struct node *root, const struct sheet *sheet,
		const struct variants *train);

/* The method is to be run on the data set. */
bool check_runs_on(const struct train_options *train, const struct data_options *data);

/* A selection among variants needs a validation part. Regression: the loss must suit real targets,
 * and there is nothing to attack. */
void check_pair(struct problems *problems, const struct node *root, const struct sheet *sheet,
		const struct variant *data, const struct variant *train);

#endif
