#include "duckdb.h"

#include "delta/log.h"
