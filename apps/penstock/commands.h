// The commands of `penstock`. Each returns its exit status and prints for people, or JSON when asked.
#pragma once

#include <string>
#include <vector>

namespace apps {

inline constexpr int exit_ok = 0, exit_failed = 1, exit_bad_config = 2;

struct RunOptions {
  std::string config;
  std::vector<std::string> overrides;      // --set KEY=VALUE
  std::vector<std::string> eal_arguments;  // behind `--`
};
int run(const RunOptions& options);

struct CheckOptions {
  std::string config;
  std::vector<std::string> overrides;
};
int check(const CheckOptions& options);

/// `stats`, `drops`, `pools`, `ports` of a running instance.
struct ViewOptions {
  std::string view;
  std::string instance;  // empty: the only one that runs
  bool json = false;
  bool all = false;  // also what is zero
};
int view(const ViewOptions& options);

/// Makes a running instance read its configuration again, and waits for it. `instance`: as above.
int reload(const std::string& instance);

}  // namespace apps
