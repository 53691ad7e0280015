#include <CLI/CLI.hpp>
#include <yaml-cpp/yaml.h>
