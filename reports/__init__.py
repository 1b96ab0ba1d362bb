"""Run directories: written while a run goes on, read and measured afterwards.

The record, which everything else reads:

history     start here: operations in the order they happened, and the requests they make up
record      a finished run: facts about it, its history, its logs
logs        what the nodes of the bundled system logged, line by line: the contract, and its reader
log_file    logs as they lie in a run directory, read in blocks
joined      things by the id of their request, of which there should be one each
windows     when each fault was in force, and what shows that it bit
verdict     three values, their one merge rule, and findings with evidence
lines       a history as JSON lines, read fast and as far as it was written
tables      the history and what the system said of itself as Parquet
lazy_columns  a history as Parquet, of which nothing is read but what is looked at
request_columns  the requests as columns, in memory and as Parquet: what pictures are drawn from
directory   one run on disk, written so that a crash leaves everything before it readable

Computed from it by pure functions:

moments     when each request was due, sent and answered, as arrays
measure     figures: how many, how fast, how much was left to do it with
compare     whether sets of runs differ, as far as can be told
seconds     whether two single runs do
noise       how much the machine itself was in the way, and when it stood still
service     when service was as good as before a fault
aftermath   when each fault was noticed and over, and who paid for it
series      requests, latencies and answers over time
bands       where fault windows are drawn
states      what each worker was taken for, over time, and when it was not up
batches     how many batches, how large
overlay     runs laid over each other, from the first fault on
waterfall   one request from its due time to its answer
notable     the requests that are worth a look
around      what was logged around a moment
index       all runs under a directory, without reading their histories
shrunk      what a failure was before it was made small
trends      how figures moved from run to run
detection   which planted bugs were caught by what

The same of a system that runs now:

live        what one /status says, and the last minutes of them
request_log the requests that ended: merged, searched, as a table

Drawn, thinly:

palette     one meaning per colour
frame       what all charts share: time axis, fault windows, type and colours
plots, svg  the charts, and how they enter a page
panels      plots below each other with one crosshair
live_plots  the charts of a running system
run_plots, fault_panel, latency_panel  the same of a run
states_panel  workers and their states, of both
levels      how quantiles are drawn, wherever they are
shrunk_plot  a schedule before and after it was made small
compare_plots  two sides of a comparison
detail_plots  one request, and one figure over many runs
number      figures as a page writes them
broken      what a page says of each fault
legend      what is said below the charts
page        what a report says, before any of it is HTML
render      a run as one self-contained HTML file, from `templates`
session_page  a whole session as one
markdown    a run, or a session, as Markdown
export      charts as files
"""
