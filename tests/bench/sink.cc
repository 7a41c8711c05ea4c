// The receiver of the bench: checks every request, counts, and tells at GET /stats.
//
//   windrow-bench-sink --shared FILE --secret whsec_… [--webhooks N] [--hosts N]
//                      [--max-items N] [--types N] [--timed-from N]
//
// Prints its port, and a line end, when it listens. SIGTERM ends it.
#include <signal.h>
#include <sys/signalfd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>

#include "tests/bench/delivery_check.h"
#include "tests/bench/shared_page.h"
#include "tests/bench/sink_server.h"

int main(int argc, char** argv) {
  windrow::bench::DeliveryCheck::Options options;
  std::string shared;
  std::size_t hosts = 0;
  CLI::App app("The receiver of Windrow's bench");
  app.add_option("--shared", shared, "the page of counters")->required();
  app.add_option("--secret", options.secret, "that requests are signed with")->required();
  app.add_option("--webhooks", options.webhooks, "how many paths there are");
  app.add_option("--hosts", hosts, "also listen on so many addresses from 127.1.0.0 on");
  app.add_option("--max-items", options.max_items,
                 "bodies are arrays of at most so many");
  app.add_option("--types", options.types,
                 "event types: webhook n wants every so-manieth event, from the n-th on");
  app.add_option("--timed-from", options.timed_from,
                 "latencies are of webhooks from this number on");
  CLI11_PARSE(app, argc, argv);

  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  const int stop = signalfd(-1, &signals, SFD_CLOEXEC);

  windrow::bench::SharedPage& page = windrow::bench::MapSharedPage(shared);
  windrow::bench::DeliveryCheck check(options, page);
  windrow::bench::SinkServer server(check, page, options.webhooks, hosts);
  std::printf("%u\n", server.port());
  std::fflush(stdout);
  server.Run(stop);
  return 0;
}
