#include <gmock/gmock.h>

#include "base/result.h"
