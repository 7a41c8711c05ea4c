#include <iostream>

#include "cli/commands.h"

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  windrow::cli::Session session{.in = std::cin, .out = std::cout, .err = std::cerr};
  const int code = windrow::cli::Run(argc, argv, &session);
  if (std::cout.flush().good() || code != windrow::cli::kOk) return code;
  std::cerr << "windrow: standard output cannot be written\n";
  return windrow::cli::kFailed;
}
