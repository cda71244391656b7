"""The main question in a dozen lines: a fixed hedge against one that scales with VIX."""

import hedgerow as hr

policy = hr.Policy(
    name="vix-linear",
    signals=[hr.Level("vix")],
    steps=[
        hr.Linear("vix", low=12, high=22),
        hr.Bounds(floor=0.2, cap=2.0),
        hr.Persist(days=2),
        hr.Budget(per_year=0.02),
        hr.Trigger("vix", move=3, relative=0.15, every="7d", drawdown=0.05),
    ],
)
market = hr.load("builtin")
hedge = hr.Put(moneyness=0.90, tenor="90d", roll="30d", size=hr.Notional(0.35))

result = hr.backtest(policy, market, hedge, portfolio=hr.Equity(10_000_000))
print(result)
print(result.explain("2020-03-09"))
print("Not investment advice.")
