"""The contract and the shared logic of predictors: model cards, runs, acceptance."""
